"""The tables, and nothing else, by subject. Columns have the names of the values they store.

Reads and writes use Core statements over the tables (`CASE`, `EVENT`, ...), never by an ORM session: a session
costs more than the whole transaction.
"""

from storage.tables import accounts as accounts
from storage.tables import audit as audit
from storage.tables import board as board
from storage.tables import cases as cases
from storage.tables import notices as notices
from storage.tables import organisation as organisation
from storage.tables import registers as registers
from storage.tables import service as service
