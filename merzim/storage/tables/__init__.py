"""The tables, and nothing else, by subject. Columns have the names of the values they store.

Reads and writes use Core statements over the tables (`CASE`, `EVENT`, ...), never by an ORM session: a session
costs more than the whole transaction.
"""

from merzim.storage.tables import accounts as accounts
from merzim.storage.tables import board as board
from merzim.storage.tables import cases as cases
from merzim.storage.tables import events as events
from merzim.storage.tables import notices as notices
from merzim.storage.tables import organisation as organisation
from merzim.storage.tables import registers as registers
from merzim.storage.tables import service as service
