"""Parent process of the nodes: imports everything a node imports, reads the law and calendar once."""

from __future__ import annotations

import gc
from importlib import import_module

from merzim.app import build_app
from merzim.services.configuration.settings import Settings
from merzim.web.routes import every_route
from tests.compiled_pages import share_compiled_pages
from tests.crash import node

for name in node.WARM:
    import_module(name)
_house = build_app(Settings())
_ = _house.editions.all(), _house.calendar, every_route()
share_compiled_pages()
# What is never collected is not copied for each node either.
gc.collect()
gc.freeze()
