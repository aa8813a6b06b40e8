"""The error for a stored evidence file whose bytes differ from the ledger's hash."""

from __future__ import annotations

from typing import Literal

from workflow.refusal import Refusal

DamageCode = Literal["evidence_missing", "evidence_altered", "evidence_unreadable"]


class EvidenceDamaged(Refusal):
    """A stored evidence file cannot be returned: `evidence_missing`, `evidence_altered`, `evidence_unreadable`.

    Attributes:
        damage: one of the three codes.
        sha256: the hash recorded in the ledger.
    """

    def __init__(
        self, damage: DamageCode, *, sha256: str, case: str = "", name: str = "", problem: str = ""
    ) -> None:
        super().__init__(damage, sha256=sha256, case=case, name=name, problem=problem)
        self.damage = damage
        self.sha256 = sha256
        self.problem = problem

    def of(self, case: str, name: str) -> EvidenceDamaged:
        """Return the same error with the case and the file's name in its message."""
        return EvidenceDamaged(self.damage, sha256=self.sha256, case=case, name=name, problem=self.problem)
