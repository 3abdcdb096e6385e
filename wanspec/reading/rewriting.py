"""How a template is changed before Jinja compiles it: it reports what it does, and looks names up where they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from wanspec.domain.diagnostics import suggestion
from wanspec.reading.template_faults import BadTemplate

# Filters that the changed templates call.  The blanks keep them out of reach: no template can write such a name.
NAME = " name"  # the value of a name
TEXT = " text"  # a value as text
KEEP = " keep"  # the value of a single expression, kept with its type
STEPS = " steps"  # something to loop over, step by step
WEIGH = " weigh"  # a list or mapping that the template builds
JOIN = " join"  # texts, one after the other
SPEND = " spend"  # literal text that comes out again and again

# Jinja decides by the presence of these names how it compiles a loop or a macro.
_SPECIAL = frozenset({"loop", "self", "super", "caller", "varargs", "kwargs"})


def rewritten(tree: nodes.Template) -> nodes.Template:
    """The tree, changed in place."""
    return cast(nodes.Template, _Rewriter(_stored_names(tree)).visit(tree))


def check_words(tree: nodes.Template, filters: Mapping[str, object], tests: Mapping[str, object]) -> None:
    """Raises BadTemplate for a filter or test that there is not, and for a text that no file can hold."""
    for node in tree.find_all((nodes.Filter, nodes.Test, nodes.Const)):
        if isinstance(node, nodes.Const):
            if isinstance(node.value, str) and _is_broken(node.value):
                hint = "write the character itself"
                raise BadTemplate("an escape names NUL or half a character, which is no text", hint, node.lineno)
            continue
        what, known = ("filter", filters) if isinstance(node, nodes.Filter) else ("test", tests)
        name = cast(Any, node).name
        if name not in known:
            hint = suggestion(name, [one for one in known if one[:1].isalpha()])
            raise BadTemplate(f"no {what} is called `{name}`", hint, node.lineno)


def single_expression(tree: nodes.Template) -> nodes.Expr | None:
    """The expression, where a template is nothing else."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output) or len(tree.body[0].nodes) != 1:
        return None
    expression = tree.body[0].nodes[0]
    return None if isinstance(expression, nodes.TemplateData) else expression


def kept(expression: nodes.Expr) -> nodes.Output:
    """Instead of printing an expression: keep its value."""
    return nodes.Output([_filter(expression, KEEP, nodes.Const(label_of(expression)))], lineno=expression.lineno)


def label_of(node: nodes.Node | None) -> str:
    """How the user wrote a simple expression; empty for others."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        inner = label_of(node.node)
        return f"{inner}.{node.attr}" if inner else ""
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        inner = label_of(node.node)
        return f"{inner}[{node.arg.value!r}]" if inner else ""
    return ""


class _Rewriter(NodeTransformer):
    def __init__(self, stored: frozenset[str]) -> None:
        self._stored = stored

    def visit_Name(self, node: nodes.Name) -> nodes.Node:
        # Jinja fetches all names before the first line; a variable that is not used must not be evaluated.
        # Names that the template sets somewhere stay Jinja's, which knows their scopes.
        if node.ctx != "load" or node.name in self._stored or node.name in _SPECIAL:
            return node
        return _filter(nodes.Const(node.name, lineno=node.lineno), NAME)

    def visit_Output(self, node: nodes.Output) -> nodes.Node:
        labels = [label_of(child) for child in node.nodes]
        self.generic_visit(node)
        node.nodes = _as_texts(node.nodes, labels)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        labels = [label_of(child) for child in node.nodes]
        self.generic_visit(node)
        return _filter(nodes.List(_as_texts(node.nodes, labels), lineno=node.lineno), JOIN)

    def visit_For(self, node: nodes.For) -> nodes.Node:
        cost = 1 + _literal_text(node.body) // 16
        self.generic_visit(node)
        node.iter = _filter(node.iter, STEPS, nodes.Const(cost))
        return node

    def visit_Macro(self, node: nodes.Macro) -> nodes.Node:
        return self._charged(node)

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:
        return self._charged(node)

    def visit_Block(self, node: nodes.Block) -> nodes.Node:
        return self._charged(node)

    def _charged(self, node: Any) -> nodes.Node:
        cost = _literal_text(node.body) // 16
        self.generic_visit(node)
        if cost:
            node.body = [nodes.Output([_filter(nodes.Const(cost), SPEND)], lineno=node.lineno), *node.body]
        return cast(nodes.Node, node)

    def visit_List(self, node: nodes.List) -> nodes.Node:
        return self._weighed(node, node.items)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        return self._weighed(node, node.items) if node.ctx == "load" else node

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        return self._weighed(node, [pair.value for pair in node.items])

    def _weighed(self, node: nodes.Expr, items: Sequence[nodes.Expr]) -> nodes.Node:
        constant = all(isinstance(item, nodes.Const) for item in items)
        self.generic_visit(node)
        return node if constant else _filter(node, WEIGH)

    # Macros see the shot list's names too, which Jinja's imports do not by themselves.

    def visit_Import(self, node: nodes.Import) -> nodes.Node:
        node.with_context = True
        return self.generic_visit(node)

    def visit_FromImport(self, node: nodes.FromImport) -> nodes.Node:
        node.with_context = True
        return self.generic_visit(node)

    def visit_Include(self, node: nodes.Include) -> nodes.Node:
        node.with_context = True
        return self.generic_visit(node)


def _filter(node: nodes.Node, name: str, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(cast(nodes.Expr, node), name, list(args), [], None, None, lineno=node.lineno)


def _as_texts(children: Sequence[nodes.Expr], labels: Sequence[str]) -> list[nodes.Expr]:
    return [
        child if _is_text(child) else _filter(child, TEXT, nodes.Const(label))
        for child, label in zip(children, labels, strict=True)
    ]


def _is_text(node: nodes.Expr) -> bool:
    return isinstance(node, nodes.TemplateData) or (
        isinstance(node, nodes.Filter) and node.name in (KEEP, SPEND, JOIN, TEXT)
    )


def _literal_text(body: Sequence[nodes.Node]) -> int:
    """Characters of literal text inside."""
    found = 0
    for node in body:
        if isinstance(node, nodes.TemplateData):
            found += len(node.data)
        else:
            found += sum(len(data.data) for data in node.find_all(nodes.TemplateData))
    return found


def _stored_names(tree: nodes.Template) -> frozenset[str]:
    """Every name that a template gives a value somewhere."""
    stored: set[str] = set()
    kinds = (nodes.Name, nodes.NSRef, nodes.Macro, nodes.Import, nodes.FromImport)
    for node in tree.find_all(kinds):
        if isinstance(node, nodes.Name):
            if node.ctx != "load":
                stored.add(node.name)
        elif isinstance(node, nodes.Import):
            stored.add(node.target)
        elif isinstance(node, nodes.FromImport):
            stored.update(name if isinstance(name, str) else name[1] for name in node.names)
        else:
            stored.add(cast(Any, node).name)
    return frozenset(stored)


def _is_broken(text: str) -> bool:
    if text.isascii():
        return "\0" in text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return "\0" in text
