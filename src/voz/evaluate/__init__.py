"""Suites of labelled messages, runs of them, scores with their uncertainty, and the gate."""
