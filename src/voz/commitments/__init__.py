"""The commitments ledger: what an approved reply promises, by when, and who owes it."""

from __future__ import annotations

from voz.commitments.due import weekday
from voz.commitments.ledger import Commitment, commitments

__all__ = ["Commitment", "commitments", "weekday"]
