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


class CaseBroken(Refusal):
    """The events of a case do not end as its head says, because it was changed outside the program
    (`case_broken {case}`).
    """

    def __init__(self, case: str) -> None:
        super().__init__("case_broken", case=case)
        self.case = case
