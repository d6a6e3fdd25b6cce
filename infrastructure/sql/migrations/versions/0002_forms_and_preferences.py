"""What people have begun to fill in, and what they want workflows to begin with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables; those that are there stay as they are."""
    op.create_table(
        "drafts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("workflow_key", sa.Text(), nullable=False),
        sa.Column("is_asking", sa.Boolean(), nullable=False),
        sa.Column("filled", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index(op.f("ix_drafts_account_chat"), "drafts", ["account", "chat"])
    op.create_index(op.f("ix_drafts_expires_at"), "drafts", ["expires_at"])
    op.create_index(op.f("ix_drafts_workflow_key"), "drafts", ["workflow_key"])
    op.create_table(
        "preferences",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("workflow_key", sa.Text(), nullable=False),
        sa.Column("inputs", sa.Text(), nullable=False),
        sa.Column("set_aside", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "workflow_key", name=op.f("pk_preferences")),
    )
    op.create_index(op.f("ix_preferences_workflow_key"), "preferences", ["workflow_key"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("preferences")
    op.drop_table("drafts")
