"""The metadata database: SQLite in one file, or PostgreSQL."""
