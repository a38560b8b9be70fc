"""The only place that imports SQLAlchemy: cases, people, durable work and the audit trail, on SQLite or PostgreSQL."""
