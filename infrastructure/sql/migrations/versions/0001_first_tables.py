"""The first tables: points, jobs, people and what they said."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NUMBERED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLES = (
    "wallets",
    "holds",
    "grants",
    "entries",
    "jobs",
    "accounts",
    "identities",
    "chats",
    "messages",
    "seen",
)


def upgrade() -> None:
    """Make them."""
    _wallets()
    _holds()
    _journal()
    _jobs()
    _people()
    _conversations()


def downgrade() -> None:
    """Drop them, those that point at others first."""
    for table in reversed(_TABLES):
        op.drop_table(table)


def _wallets() -> None:
    op.create_table(
        "wallets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("allowance", sa.BigInteger(), nullable=False),
        sa.Column("bought", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("held_allowance", sa.BigInteger(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("earned", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("stepped_at", _MOMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "allowance + bought + held + earned = issued", name=op.f("ck_wallets_sum_is_zero")
        ),
        sa.CheckConstraint(
            "allowance >= 0 AND bought >= 0 AND held >= 0", name=op.f("ck_wallets_never_below_zero")
        ),
        sa.CheckConstraint(
            "held_allowance >= 0 AND held_allowance <= held", name=op.f("ck_wallets_held_allowance")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallets")),
    )


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("wallet", sa.Text()),
        sa.Column("allowance", sa.BigInteger(), nullable=False),
        sa.Column("bought", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("charged", sa.BigInteger(), nullable=False),
        sa.Column("held_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.CheckConstraint("state IN ('held', 'settled', 'released')", name=op.f("ck_holds_state")),
        sa.CheckConstraint(
            "charged >= 0 AND charged <= allowance + bought", name=op.f("ck_holds_charged")
        ),
        sa.ForeignKeyConstraint(["wallet"], ["wallets.id"], name=op.f("fk_holds_wallet")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_wallet_state"), "holds", ["wallet", "state"])


def _journal() -> None:
    op.create_table(
        "grants",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["wallet"], ["wallets.id"], name=op.f("fk_grants_wallet")),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_grants")),
    )
    op.create_table(
        "entries",
        sa.Column("seq", _NUMBERED, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("wallet", sa.Text(), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_entries_amount")),
        sa.ForeignKeyConstraint(["wallet"], ["wallets.id"], name=op.f("fk_entries_wallet")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_entries")),
        sa.UniqueConstraint("ref", name=op.f("uq_entries_ref")),
    )
    op.create_index(op.f("ix_entries_wallet_seq"), "entries", ["wallet", "seq"])


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("workflow", sa.Text(), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("moved_at", _MOMENT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("claim_owner", sa.Text()),
        sa.Column("claim_until", _MOMENT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_wake_at", _MOMENT),
        sa.Column("run", sa.Text()),
        sa.Column("submitted_at", _MOMENT),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("live_status", sa.Text(), nullable=False),
        sa.Column("queue_position", sa.Integer()),
        sa.Column("run_s", sa.Double()),
        sa.Column("outputs", sa.Text(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("charged", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("delivery_attempts", sa.Integer(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=False),
        sa.Column("driver", sa.Text(), nullable=False),
        sa.Column("shown_at", sa.Text(), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(op.f("ix_jobs_account_created_at"), "jobs", ["account", "created_at"])
    op.create_index(op.f("ix_jobs_delivery_next_wake_at"), "jobs", ["delivery", "next_wake_at"])
    op.create_index(op.f("ix_jobs_state_created_at"), "jobs", ["state", "created_at"])
    op.create_index(
        op.f("ix_jobs_workflow_state_moved_at"), "jobs", ["workflow", "state", "moved_at"]
    )


def _people() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_table(
        "identities",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["accounts.id"],
            name=op.f("fk_identities_account"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("platform", "user_id", name=op.f("pk_identities")),
    )
    op.create_index(op.f("ix_identities_account"), "identities", ["account"])


def _conversations() -> None:
    op.create_table(
        "chats",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
    )
    op.create_table(
        "messages",
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("chat", "id", name=op.f("pk_messages")),
    )
    op.create_index(op.f("ix_messages_chat_seq"), "messages", ["chat", "seq"])
    op.create_table(
        "seen",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("forget_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_seen")),
    )
    op.create_index(op.f("ix_seen_forget_at"), "seen", ["forget_at"])
