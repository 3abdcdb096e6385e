"""Rendering nodes: a value with templates in it becomes a value without, or a fault at the node that had it."""

from __future__ import annotations

from typing import Protocol

from wanspec.domain.diagnostics import Diagnostic
from wanspec.domain.items import Unknown
from wanspec.domain.nodes import Location, Node
from wanspec.reading.template_endings import TemplateFault, TemplateSignal
from wanspec.reading.templates import Template, Templates, is_template
from wanspec.stages.signals import AlreadyReported, Cycle, FaultAt, NameFault, NotYetKnown
from wanspec.stages.words import names_in_row

FAULTY = Unknown(())  # stands where a value could not be told, so that all beside it can be judged


class Names(Protocol):
    """Looks a name up; raises KeyError where there is none."""

    def __call__(self, name: str) -> object: ...

    def known(self) -> list[str]: ...


class NodeFault(Exception):
    """A fault at one node, on its way to the place where it is told."""

    def __init__(self, node: Node, cause: Exception) -> None:
        super().__init__(str(cause))
        self.node = node
        self.cause = cause

    def for_user_of_variable(self) -> TemplateSignal:
        """What it becomes for a field that used the variable which has it."""
        if isinstance(self.cause, NotYetKnown | FaultAt | AlreadyReported):
            return self.cause
        return FaultAt(told(self.node, self.cause))


class Evaluator:
    """Compiles each template once and renders it for whoever asks."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._compiled: dict[int, Template] = {}
        self._templated: dict[int, bool] = {}

    def render(self, node: Node, names: Names) -> object:
        """A node's value with all templates in it rendered.  Raises NodeFault."""
        if not self.has_template(node):
            return node.plain()
        value = node.value
        if isinstance(value, dict):
            return {name: self.render(inner, names) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.render(inner, names) for inner in value]
        assert isinstance(value, str)
        try:
            return self._template(node, value).render(names)
        except (TemplateFault, TemplateSignal) as fault:
            raise NodeFault(node, fault) from None

    def render_with_holes(self, node: Node, names: Names, faults: list[NodeFault]) -> object:
        """The same, but what waits for a render becomes Unknown where it stands; so does what is faulty.

        The faults are put into `faults`: the rest of a list or mapping can be judged beside them.
        """
        if not self.has_template(node):
            return node.plain()
        value = node.value
        if isinstance(value, dict):
            return {name: self.render_with_holes(inner, names, faults) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.render_with_holes(inner, names, faults) for inner in value]
        try:
            return self.render(node, names)
        except NodeFault as fault:
            if isinstance(fault.cause, NotYetKnown):
                return Unknown(fault.cause.items)
            faults.append(fault)
            return FAULTY

    def render_file(self, node: Node, name: str, names: Names) -> str | Unknown:
        """A template of the prompt folders, as text.  Raises NodeFault."""
        try:
            return self._templates.load(name).render_text(names)
        except NotYetKnown as signal:
            return Unknown(signal.items)
        except (TemplateFault, TemplateSignal) as fault:
            raise NodeFault(node, fault) from None

    def has_template(self, node: Node) -> bool:
        """Whether rendering can change anything."""
        known = self._templated.get(id(node))
        if known is None:
            value = node.value
            if isinstance(value, str):
                known = is_template(value)
            elif isinstance(value, dict):
                known = any(map(self.has_template, value.values()))
            elif isinstance(value, list):
                known = any(map(self.has_template, value))
            else:
                known = False
            self._templated[id(node)] = known
        return known

    def names_used(self, node: Node) -> frozenset[str]:
        """The names that a node's own text uses.  Raises TemplateFault."""
        value = node.value
        return self._template(node, value).used if isinstance(value, str) and is_template(value) else frozenset()

    def _template(self, node: Node, source: str) -> Template:
        template = self._compiled.get(id(node))
        if template is None:
            template = self._compiled[id(node)] = self._templates.compile(source)
        return template


def told(node: Node, cause: Exception) -> Diagnostic:
    """A fault as the user reads it: at the node, or at the line of the template file that has it."""
    if isinstance(cause, FaultAt):
        return cause.diagnostic
    if isinstance(cause, NameFault):
        return Diagnostic(cause.code, cause.message, node.at, cause.hint)
    if isinstance(cause, Cycle):
        places = tuple((one.at, f"`{name}` is here") for name, one in cause.loop[:-1] if one is not None)
        return Diagnostic(
            "WS307",
            "a cycle: " + " → ".join(f"`{name}`" for name, _ in cause.loop),
            node.at,
            "one of them must do without the other",
            also=places,
        )
    if isinstance(cause, NotYetKnown):
        return Diagnostic(
            "WS315",
            f"this depends on {names_in_row(cause.items, joined=' and ')}, which is known only after a render",
            node.at,
            "which items there are must be known before",
        )
    if isinstance(cause, TemplateFault):
        if not cause.file:
            return Diagnostic(cause.code, cause.message, node.at, cause.hint)
        at = Location(cause.file, cause.line or 1, cause.column or 1, node.path)
        return Diagnostic(cause.code, cause.message, at, cause.hint, also=((node.at, "used from here"),))
    raise cause
