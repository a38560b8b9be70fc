"""The rank of a job; what is due is looked for among the jobs alone that are not done"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
WAITING, DONE = sa.text("done_at IS NULL"), sa.text("done_at IS NOT NULL")
DUE = ["rank", "run_at", "id", "kind", "lease_until"]


def upgrade() -> None:
    op.drop_index("ix_jobs_due", "jobs")
    op.add_column("jobs", sa.Column("rank", sa.Integer(), nullable=False, server_default="2"))
    op.execute("UPDATE jobs SET rank = 0 WHERE kind = 'deliver' AND done_at IS NULL")
    op.create_index("ix_jobs_due", "jobs", DUE, sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_jobs_done", "jobs", ["done_at"], sqlite_where=DONE, postgresql_where=DONE)
