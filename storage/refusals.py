"""What storage cannot do, as refusals; the sentences stand in i18n/catalogue/storage.toml."""

from __future__ import annotations

from workflow.refusal import Refusal


class StorageUnavailable(Refusal):
    """The database cannot be used: `storage_unavailable {where, what, problem}`.

    `what` is a code of the catalogue under `storage.`: no_database, address, unsupported, unreachable,
    read_only, full, not_a_database, busy, newer, foreign, half_migrated, no_rights, not_let_in, moved,
    replaced, failed.
    `where` is the address without its password.
    """

    def __init__(self, what: str, *, where: str, problem: str = "") -> None:
        super().__init__("storage_unavailable", what=what, where=where, problem=problem)
        self.what = what


class AnothersDatabase(Refusal):
    """The database belongs to another installation: `installation_other {where, theirs, ours}`, or config.toml
    names none: `installation_unnamed {where, theirs}`.
    """


class CaseBroken(Refusal):
    """A case whose events do not end where its head says: changed by hand (`case_broken {case}`)."""

    def __init__(self, case: str) -> None:
        super().__init__("case_broken", case=case)
        self.case = case


class CannotRebuild(Refusal):
    """Cases that cannot be told from their events were left as they are (`rebuild_broken {cases, count}`)."""


class EvidenceRefused(Refusal):
    """A file cannot be kept as evidence: `evidence_empty`, `evidence_too_large`, `evidence_unwritable`,
    `evidence_unknown_kind`, `evidence_other_kind`.
    """


class BackupRefused(Refusal):
    """A backup cannot be made or restored: `backup_*`; nothing was changed."""


class Migration(Refusal):
    """An office cannot be moved to another database: `migrate_*`; nothing was written there."""


class ChangedMeanwhile(Refusal):
    """Somebody else changed a unit or a person since the writer looked (`office_changed_meanwhile {name}`)."""
