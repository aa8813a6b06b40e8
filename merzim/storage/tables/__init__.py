"""The tables, and nothing else, by subject. Columns have the names of the values they store.

Plain records are read and written as instances of their classes, by a session; what is read in bulk (events,
board rows, notices) by statements over the tables (`CASE`, `EVENT`, ...), by the same session.
"""

from merzim.storage.tables import accounts as accounts
from merzim.storage.tables import board as board
from merzim.storage.tables import cases as cases
from merzim.storage.tables import events as events
from merzim.storage.tables import notices as notices
from merzim.storage.tables import organisation as organisation
from merzim.storage.tables import registers as registers
