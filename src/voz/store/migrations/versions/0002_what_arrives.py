"""What arrives before its message, what has arrived already, and when a message was edited"""

import sqlalchemy as sa
from alembic import op

from voz.store.columns import Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "arrivals",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_arrivals")),
    )
    op.create_index(op.f("ix_arrivals_at"), "arrivals", ["at"])
    op.create_table(
        "early",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=True),
        sa.Column("stored_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_early")),
        sa.UniqueConstraint("kind", "source", "external_id", name=op.f("uq_early_kind_source_external_id")),
    )
    op.create_index(op.f("ix_early_stored_at"), "early", ["stored_at"])
    op.create_index("ix_early_thread", "early", ["source", "thread"])
    op.add_column("messages", sa.Column("edited_at", Instant(), nullable=True))
