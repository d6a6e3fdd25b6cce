"""How the tables came to be, step by step. Run by Alembic, through `upgrade.py`."""
