"""What Alembic runs around the migrations, on the connection and in the transaction it is given."""

from alembic import context

from infrastructure.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a column only by making the table anew.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
