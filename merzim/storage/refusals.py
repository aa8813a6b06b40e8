"""Errors of storage; their sentences are in i18n/catalogue/storage.toml."""

from __future__ import annotations

from workflow.refusal import Refusal


class StorageUnavailable(Refusal):
    """The database cannot be used: `storage_unavailable {where, what, problem}`.

    `reason` is a code of the catalogue under `storage.`: no_database, address, unsupported, unreachable,
    read_only, full, not_a_database, busy, newer, foreign, no_rights, not_let_in,
    failed.
    `where` is the address without its password.
    """

    def __init__(self, reason: str, *, where: str, problem: str = "") -> None:
        super().__init__("storage_unavailable", what=reason, where=where, problem=problem)
        self.what = reason


class AnothersDatabase(Refusal):
    """The database belongs to another installation: `installation_other {where, theirs, ours}`, or config.toml
    names none: `installation_unnamed {where, theirs}`.
    """


class CaseBroken(Refusal):
    """The events of a case do not end as its head says, because it was changed outside the program
    (`case_broken {case}`).
    """

    def __init__(self, case: str) -> None:
        super().__init__("case_broken", case=case)
        self.case = case


class CannotRebuild(Refusal):
    """Some cases cannot be computed from their events and were left unchanged (`rebuild_broken {cases,
    count}`).
    """


class EvidenceRefused(Refusal):
    """A file cannot be stored as evidence: `evidence_empty`, `evidence_too_large`, `evidence_unwritable`,
    `evidence_unknown_kind`, `evidence_other_kind`.
    """


class BackupRefused(Refusal):
    """A backup cannot be made or restored: codes `backup_*`; nothing was changed."""


class Migration(Refusal):
    """An office cannot be copied to another database: codes `migrate_*`; nothing was written there."""


class ChangedMeanwhile(Refusal):
    """Another user changed a unit or a person since the writer read it (`office_changed_meanwhile {name}`)."""
