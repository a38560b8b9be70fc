"""What helpdesks deliver, stored before it is acknowledged; until now only the ids of what was taken in were kept"""

import sqlalchemy as sa
from alembic import op

from voz.store.columns import Instant, Json

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("helpdesk", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=True),
        sa.Column("headers", Json, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("key", name=op.f("uq_inbox_key")),
    )
    op.create_index(op.f("ix_inbox_done_at"), "inbox", ["done_at"])
    op.create_index("ix_inbox_thread", "inbox", ["helpdesk", "thread", "state"])
    op.create_index("ix_inbox_state", "inbox", ["state", "at"])
    op.execute(
        "INSERT INTO inbox (id, key, helpdesk, at, state, error, done_at) "
        "SELECT key, key, '', at, 'taken', '', at FROM arrivals"
    )
    op.drop_table("arrivals")
