"""From which message the term of a claim runs, when that was answered, and what it is about"""

import sqlalchemy as sa
from alembic import op

from voz.store.columns import Instant, Json

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("claim_from", Instant(), nullable=True))
        batch_op.add_column(sa.Column("claim_answered_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("claim_matters", Json, nullable=True))
    op.execute("UPDATE cases SET claim_from = opened_at, claim_answered_at = answered_at WHERE drafted_at IS NOT NULL")
