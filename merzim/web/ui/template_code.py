"""The Python code of templates: what they call is called at once, and text is escaped without a copy.

Jinja asks of everything it calls whether it takes a context, which nothing of ours does, and marks each text it
has escaped; for a page of a thousand calls that costs a tenth of its time.
"""

from __future__ import annotations

from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Macro
from markupsafe import Markup, _escape_inner, escape  # type: ignore[attr-defined]

NAMES = ("as_html", "PlainMacro")
"""What the code of a template takes from here."""


def as_html(value: Any) -> str:
    """Return a value as HTML: a text escaped, HTML as it is."""
    if type(value) is str:
        return _escape_inner(value)
    return value if type(value) is Markup else escape(value)


class PlainMacro(Macro):
    """A macro that takes its arguments as they come when all of them are given by position."""

    def __init__(self, *about: Any) -> None:
        super().__init__(*about)
        self._is_plain = not (self.catch_kwargs or self.catch_varargs or self.caller)

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        """Return the HTML of the macro."""
        if self._is_plain and not kwargs and len(args) == self._argument_count:
            return str.__new__(Markup, self._func(*args))
        return super().__call__(*args, **kwargs)


class TemplateCode(CodeGenerator):
    """Writes the code of a template."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802
        """Write a template's module."""
        self.writeline(f"from {__name__} import {', '.join(NAMES)}")
        super().visit_Template(node, frame)

    def macro_def(self, macro_ref: Any, frame: Frame) -> None:
        """Write the definition of a macro."""
        self.write("Plain")
        super().macro_def(macro_ref, frame)

    def visit_Call(  # noqa: N802
        self, node: nodes.Call, frame: Frame, forward_caller: bool = False
    ) -> None:
        """Write a call."""
        called = node.node
        if isinstance(called, nodes.Getattr):
            # What is called is a method or a macro, never the item of a mapping.
            self.visit(called.node, frame)
            self.write(f".{called.attr}")
        else:
            self.visit(called, frame)
        self.write("(")
        for argument in (*node.args, *node.kwargs):
            self.visit(argument, frame)
            self.write(", ")
        for sign, several in (("*", node.dyn_args), ("**", node.dyn_kwargs)):
            if several is not None:
                self.write(sign)
                self.visit(several, frame)
                self.write(", ")
        self.write("caller=caller)" if forward_caller else ")")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        self.write("as_html(")
