"""The tables. A change here needs a migration: a test compares the two on both databases."""

from datetime import UTC, datetime

import sqlalchemy as sa


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """A moment with its zone, stored in UTC. A moment without one is refused: it could be any."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without a zone: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Return the moment with its zone, which SQLite does not keep."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(sa.types.TypeDecorator[str]):
    """Text from outside. What no database takes (NUL, half a surrogate pair) is left out."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: sa.Dialect) -> str | None:
        """Return the text as it can be stored."""
        if value is None:
            return None
        return value.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


# SQLite numbers rows by itself only in a column of exactly the type INTEGER.
_NUMBERED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

wallets = sa.Table(
    "wallets",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("allowance", sa.BigInteger, nullable=False),
    sa.Column("bought", sa.BigInteger, nullable=False),
    sa.Column("held", sa.BigInteger, nullable=False),
    sa.Column("held_allowance", sa.BigInteger, nullable=False),
    sa.Column("issued", sa.BigInteger, nullable=False),
    sa.Column("earned", sa.BigInteger, nullable=False),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("stepped_at", UtcDateTime, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.CheckConstraint("allowance >= 0 AND bought >= 0 AND held >= 0", name="never_below_zero"),
    sa.CheckConstraint("held_allowance >= 0 AND held_allowance <= held", name="held_allowance"),
    # No statement can make or lose a point, whoever wrote it.
    sa.CheckConstraint("allowance + bought + held + earned = issued", name="sum_is_zero"),
)

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("wallet", sa.Text, sa.ForeignKey("wallets.id")),
    sa.Column("allowance", sa.BigInteger, nullable=False),
    sa.Column("bought", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("charged", sa.BigInteger, nullable=False),
    sa.Column("held_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.CheckConstraint("state IN ('held', 'settled', 'released')", name="state"),
    sa.CheckConstraint("charged >= 0 AND charged <= allowance + bought", name="charged"),
    sa.Index(None, "wallet", "state"),
)

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("ref", sa.Text, primary_key=True),
    sa.Column("wallet", sa.Text, sa.ForeignKey("wallets.id"), nullable=False),
    sa.Column("points", sa.BigInteger, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("seq", _NUMBERED, primary_key=True),
    sa.Column("ref", sa.Text, nullable=False, unique=True),
    sa.Column("wallet", sa.Text, sa.ForeignKey("wallets.id"), nullable=False),
    sa.Column("debit", sa.Text, nullable=False),
    sa.Column("credit", sa.Text, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.CheckConstraint("amount > 0", name="amount"),
    sa.Index(None, "wallet", "seq"),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("workflow", sa.Text, nullable=False),
    sa.Column("wish", sa.Text, nullable=False),
    sa.Column("quote", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("moved_at", UtcDateTime, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("claim_owner", sa.Text),
    sa.Column("claim_until", UtcDateTime),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_wake_at", UtcDateTime),
    sa.Column("run", sa.Text),
    sa.Column("submitted_at", UtcDateTime),
    sa.Column("progress", sa.Double, nullable=False),
    sa.Column("live_status", Words, nullable=False),
    sa.Column("queue_position", sa.Integer),
    sa.Column("run_s", sa.Double),
    sa.Column("outputs", sa.Text, nullable=False),
    sa.Column("texts", sa.Text, nullable=False),
    sa.Column("charged", sa.BigInteger, nullable=False),
    sa.Column("failure", Words, nullable=False),
    sa.Column("delivery", sa.Text, nullable=False),
    sa.Column("delivery_attempts", sa.Integer, nullable=False),
    sa.Column("reply_to", Words, nullable=False),
    sa.Column("driver", sa.Text, nullable=False),
    sa.Column("shown_at", Words, nullable=False),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Index(None, "state", "created_at"),
    sa.Index(None, "account", "created_at"),
    sa.Index(None, "delivery", "next_wake_at"),
    sa.Index(None, "workflow", "state", "moved_at"),
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("platform", sa.Text, primary_key=True),
    sa.Column("user_id", Words, primary_key=True),
    # Checked at the commit: whoever is first with the identity makes the account afterwards.
    sa.Column(
        "account",
        sa.Text,
        sa.ForeignKey("accounts.id", deferrable=True, initially="DEFERRED"),
        nullable=False,
        index=True,
    ),
)

chats = sa.Table(
    "chats",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("last_seq", sa.BigInteger, nullable=False),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("chat", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("body", Words, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index(None, "chat", "seq"),
)

seen = sa.Table(
    "seen",
    metadata,
    sa.Column("key", Words, primary_key=True),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("forget_at", UtcDateTime, nullable=False, index=True),
)

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("chat", sa.Text, nullable=False),
    sa.Column("workflow_key", Words, nullable=False, index=True),
    sa.Column("is_asking", sa.Boolean, nullable=False),
    sa.Column("filled", sa.Text, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Index(None, "account", "chat"),
)

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("workflow_key", Words, primary_key=True, index=True),
    sa.Column("inputs", sa.Text, nullable=False),
    sa.Column("set_aside", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
