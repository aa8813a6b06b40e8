"""Refusal to hand out a stored file of evidence whose bytes are not those the ledger recorded."""

from __future__ import annotations

from typing import Literal

from workflow.refusal import Refusal

DamageCode = Literal["evidence_missing", "evidence_altered", "evidence_unreadable"]


class EvidenceDamaged(Refusal):
    """A stored file cannot be handed out: `evidence_missing`, `evidence_altered`, `evidence_unreadable`.

    Attributes:
        damage: which of the three.
        sha256: the hash under which the ledger recorded the file.
    """

    def __init__(
        self, damage: DamageCode, *, sha256: str, case: str = "", name: str = "", problem: str = ""
    ) -> None:
        super().__init__(damage, sha256=sha256, case=case, name=name, problem=problem)
        self.damage = damage
        self.sha256 = sha256
        self.problem = problem

    def of(self, case: str, name: str) -> EvidenceDamaged:
        """Return the same refusal with the case and the file's own name in its sentence."""
        return EvidenceDamaged(self.damage, sha256=self.sha256, case=case, name=name, problem=self.problem)
