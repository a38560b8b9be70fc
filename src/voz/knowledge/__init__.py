"""Files → documents → chunks → index. The only place that imports Chroma."""
