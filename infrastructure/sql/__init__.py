"""The stores in SQL: SQLite for one machine, PostgreSQL beyond."""
