"""What nodes are forked from has imported all a node imports, and read the law and its days once."""

from __future__ import annotations

from importlib import import_module

from merzim.app import build_app
from services.settings import Settings
from tests.crash import node

for name in node.WARM:
    import_module(name)
_house = build_app(Settings())
_ = _house.editions, _house.calendar
