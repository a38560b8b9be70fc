"""Which terms run for a message, until when, and how near they are: pure functions, no store."""
