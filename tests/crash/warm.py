"""What nodes are forked from has imported all a node imports, and read the law and its days once."""

from __future__ import annotations

from importlib import import_module

from merzim.settings import Settings
from merzim.wiring import House
from tests.crash import node

for name in node.WARM:
    import_module(name)
_house = House(Settings())
_ = _house.editions, _house.calendar
