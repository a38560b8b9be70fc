"""voz drafts honest, useful, on-brand replies to customers; a person approves them."""

__version__ = "0.1.0"
