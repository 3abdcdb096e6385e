"""Templates: what stands between `{{ }}` and `{% %}` in a shot list.

Most templates of a real list are a text with a few variables, or one reference.  Those are read by a regular
expression and rendered directly; anything else, and every fault, goes through Jinja2 (`sandbox.py`), so that both ways
cannot say different things.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from wanspec.reading.template_endings import ReadPrompt, TemplateFault, TemplateSignal
from wanspec.reading.template_values import MAX_TEXT, MISSING, Scale, attribute_of, text_of

if TYPE_CHECKING:
    from wanspec.reading.sandbox import Compiled, Sandbox


@runtime_checkable
class Names(Protocol):
    """The variables that a template sees."""

    def __call__(self, name: str) -> object:
        """The value of a variable, worked out when it is first used.  Raises KeyError where there is none."""

    def known(self) -> Iterable[str]:
        """The names there are, for suggestions."""


def is_template(text: str) -> bool:
    """Whether there is anything to render in a text."""
    return "{" in text and ("{{" in text or "{%" in text or "{#" in text)


_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_SIMPLE = re.compile(
    rf"""\{{\{{\s*
    (?P<name>{_NAME})
    (?:\(\s*(?P<argument>'[^'\\\r\n{{}}]*'|"[^"\\\r\n{{}}]*")\s*\))?
    (?P<attributes>(?:\.{_NAME})*)
    \s*
    (?:\|\s*(?P<filter>{_NAME})\s*)?
    \}}\}}""",
    re.VERBOSE,
)
# Words of the language, and names that Jinja gives a meaning of its own.
_NOT_SIMPLE = frozenset(
    [
        "true",
        "false",
        "none",
        "True",
        "False",
        "None",
        "and",
        "or",
        "not",
        "if",
        "else",
        "elif",
        "in",
        "is",
        "for",
        "loop",
        "self",
        "super",
        "caller",
        "varargs",
        "kwargs",
    ]
)


class Templates:
    """Compiles templates, each text once, and finds template files."""

    def __init__(
        self,
        read_prompt: ReadPrompt,
        functions: Mapping[str, Callable[..., object]] | None = None,
        filters: Mapping[str, Callable[..., object]] | None = None,
    ) -> None:
        """`functions` are seen where no variable has the name; `filters` are added to Jinja's."""
        self._read_prompt = read_prompt
        self._functions = dict(functions or {})
        self._filters = dict(filters or {})
        self._compiled: dict[str, Template] = {}
        self._loaded: dict[str, Template] = {}
        self._sandbox: Sandbox | None = None
        self.scale = Scale()

    def compile(self, source: str) -> Template:
        """A text as a template.  Raises TemplateFault."""
        template = self._compiled.get(source)
        if template is None:
            template = Template(self, source)
            if template.pieces is None:
                template.compiled = self.sandbox().compiled(source)
            self._compiled[source] = template
        return template

    def load(self, name: str) -> Template:
        """A template file by its name in the prompt folders; its text always stays text.  Raises TemplateFault."""
        template = self._loaded.get(name)
        if template is None:
            template = Template(self, "", file=name)
            template.compiled = self.sandbox().load(name)
            self._loaded[name] = template
        return template

    def sandbox(self) -> Sandbox:
        if self._sandbox is None:
            from wanspec.reading.sandbox import Sandbox

            self._sandbox = Sandbox(self._read_prompt, self._functions, self._filters, self.scale)
        return self._sandbox

    def pieces(self, source: str) -> tuple[list[str | _Simple], bool] | None:
        """A text as literal parts and simple expressions, and whether it is one expression alone; None: not simple."""
        if "{%" in source or "{#" in source or "\r" in source:
            return None
        pieces: list[str | _Simple] = []
        end = 0
        for found in _SIMPLE.finditer(source):
            literal = source[end : found.start()]
            if "{{" in literal or literal.endswith("{"):
                return None
            simple = self._simple(found)
            if simple is None:
                return None
            if literal:
                pieces.append(literal)
            pieces.append(simple)
            end = found.end()
        rest = source[end:]
        if "{{" in rest or len(source) > MAX_TEXT:
            return None
        if rest:
            pieces.append(rest)
        expressions = [piece for piece in pieces if isinstance(piece, _Simple)]
        alone = len(expressions) == 1 and all(isinstance(p, _Simple) or not p.strip() for p in pieces)
        return (list(expressions) if alone else pieces), alone

    def _simple(self, found: re.Match[str]) -> _Simple | None:
        name, argument, attributes, filter_name = found.group("name", "argument", "attributes", "filter")
        if name in _NOT_SIMPLE or name in self._functions:
            return None
        steps = tuple(attributes[1:].split(".")) if attributes else ()
        if any(step in _NOT_SIMPLE for step in steps):
            return None
        apply = None
        if filter_name is not None:
            apply = self._filters.get(filter_name)
            if apply is None or hasattr(apply, "jinja_pass_arg"):
                return None
        label = name + (f"({argument})" if argument is not None else "") + (attributes or "")
        return _Simple(name, argument[1:-1] if argument is not None else None, steps, apply, label)


class _NotSo(Exception):
    """The direct way does not hold here: Jinja decides, and words the fault if it is one."""


class _Simple:
    """`name`, `name.attribute`, `name('text')`, each perhaps with one filter."""

    __slots__ = ("apply", "argument", "label", "name", "steps")

    def __init__(
        self,
        name: str,
        argument: str | None,
        steps: tuple[str, ...],
        apply: Callable[..., object] | None,
        label: str,
    ) -> None:
        self.name = name
        self.argument = argument
        self.steps = steps
        self.apply = apply
        self.label = label

    def value(self, names: Callable[[str], object], scale: Scale) -> object:
        value = names(self.name)
        if self.argument is not None:
            value = value(self.argument)  # type: ignore[operator]
        for step in self.steps:
            value = attribute_of(value, step)
            if value is MISSING:
                raise _NotSo
        if self.apply is not None:
            value = self.apply(value)
        if isinstance(value, dict | list | tuple):
            scale.weigh(value)
        return value


class Template:
    """One template, ready to be rendered any number of times."""

    __slots__ = ("_templates", "_used", "compiled", "file", "pieces", "single", "source")

    def __init__(self, templates: Templates, source: str, *, file: str = "") -> None:
        self._templates = templates
        self._used: frozenset[str] | None = None
        self.source = source
        self.file = file
        self.compiled: Compiled | None = None
        simple = None if file else templates.pieces(source)
        self.pieces = simple[0] if simple else None
        self.single = bool(simple and simple[1])

    def render(self, names: Callable[[str], object] | Names) -> object:
        """The value: of a text that is exactly one expression with that expression's type, else text.

        Raises TemplateFault, and whatever TemplateSignal the names raise.
        """
        pieces = self.pieces
        if pieces is not None:
            try:
                if self.single:
                    value = pieces[0].value(names, self._templates.scale)  # type: ignore[union-attr]
                    if type(value) in _PLAIN or hasattr(type(value), "__wanspec_public__"):
                        return value
                else:
                    return self._joined(pieces, names)
            except (TemplateSignal, TemplateFault):
                raise
            except Exception:  # whatever it is, Jinja meets it again and says where
                pass
        return self._jinja().render(names)

    def render_text(self, names: Callable[[str], object] | Names) -> str:
        """The value as text, also of a single expression."""
        pieces = self.pieces
        if pieces is not None:
            try:
                return self._joined(pieces, names)
            except (TemplateSignal, TemplateFault):
                raise
            except Exception:
                pass
        return self._jinja().render_text(names)

    def _joined(self, pieces: list[str | _Simple], names: Callable[[str], object]) -> str:
        parts: list[str] = []
        for piece in pieces:
            if piece.__class__ is str:
                parts.append(piece)
            else:
                value = piece.value(names, self._templates.scale)  # type: ignore[union-attr]
                parts.append(value if value.__class__ is str else text_of(value))
        text = "".join(parts)
        if len(text) > MAX_TEXT:
            raise _NotSo
        return text

    @property
    def used(self) -> frozenset[str]:
        """The names that it uses from outside, also through the files that it includes by a literal name."""
        if self._used is None:
            if self.pieces is not None:
                self._used = frozenset(piece.name for piece in self.pieces if isinstance(piece, _Simple))
            else:
                self._used = self._jinja().used
        return self._used

    def _jinja(self) -> Compiled:
        if self.compiled is None:
            self.compiled = self._templates.sandbox().compiled(self.source)
        return self.compiled


# Values of a single expression that are handed on as they are, with those that say what they show to templates;
# others pass the sandbox's check once more.
_PLAIN: frozenset[Any] = frozenset({str, int, float, bool, type(None), list, dict})
