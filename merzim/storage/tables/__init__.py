"""The tables, and nothing else, by subject. Columns have the names of the values they store.

Plain records are read and written as instances of their classes, by a session; what is read in bulk (events,
board rows, notices) by statements over the tables (`CASE`, `EVENT`, ...), by the same session.
"""

from merzim.storage.tables import (
    accounts as accounts,
    board as board,
    cases as cases,
    events as events,
    notices as notices,
    organisation as organisation,
    registers as registers,
)
