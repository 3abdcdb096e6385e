"""Jinja2, fenced in: what a template of a stranger's shot list can see, and how much it can do.

Jinja's own sandbox keeps templates from Python's insides.  It bounds neither time nor memory, so every template is
changed before it is compiled: loops, calls, literals and texts report to a meter, and what grows without bound ends
with a fault.  A render is a function of its inputs: there is no clock and no chance in it.
"""

from __future__ import annotations

import functools
import re
import time
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

import jinja2.filters
from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateNotFound, TemplatesNotFound, TemplateSyntaxError
from jinja2.loaders import BaseLoader
from jinja2.meta import find_referenced_templates, find_undeclared_variables
from jinja2.runtime import Context, LoopContext, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace, missing, pass_context

from wanspec.reading import rewriting
from wanspec.reading import template_filters as bounded
from wanspec.reading.marked_yaml import LARGEST_INTEGER
from wanspec.reading.template_endings import ReadPrompt, TemplateFault, TemplateSignal
from wanspec.reading.template_faults import (
    BadTemplate,
    Gap,
    MissingName,
    column_of,
    kind_of,
    missing_words,
    syntax_words,
    tidied,
)
from wanspec.reading.template_filters import LITERAL_VALUES
from wanspec.reading.template_values import (
    MAX_TEXT,
    MAX_VALUES,
    MISSING,
    Overgrown,
    Scale,
    ValueFault,
    attribute_of,
    is_lazy,
    listed,
    number_text,
    public_names,
    text_of,
    too_long,
    too_many,
)

MAX_SOURCE = MAX_TEXT  # characters of one template
MAX_EFFORT = 1_000_000  # of one render: a step of a loop is 1, a call 4, a text 1 for each 16 characters
MAX_SECONDS = 5.0  # of one render; what one step can take is bounded too

Namelike = Callable[[str], object]


class Meter:
    """How much one render has done, whose names it sees, and the value that a single expression gave."""

    __slots__ = ("_clock_at", "deadline", "kept", "left", "names")

    def __init__(self, names: Namelike, effort: int, seconds: float) -> None:
        self.names = names
        self.left = effort
        self.deadline = time.perf_counter() + seconds
        self._clock_at = effort - 256
        self.kept: object = None

    def spend(self, effort: int) -> None:
        self.left -= effort
        if self.left < self._clock_at:
            self._clock_at = self.left - 256
            if self.left < 0 or time.perf_counter() > self.deadline:
                raise Exhausted


class Exhausted(Exception):
    """The render went on for too long."""


class Counted:
    """An iterable whose every step is reported."""

    __slots__ = ("cost", "meter", "values")

    def __init__(self, values: Any, meter: Meter, cost: int) -> None:
        self.values = values
        self.meter = meter
        self.cost = cost

    def __iter__(self) -> Iterator[Any]:
        spend, cost = self.meter.spend, self.cost
        for value in self.values:
            spend(cost)
            yield value

    def __len__(self) -> int:
        return len(self.values)


class SightContext(Context):
    """Names: what the template has set, what was passed on to it, then the variables of the shot list."""

    def resolve_or_missing(self, key: str) -> Any:
        if key in self.vars:
            return self.vars[key]
        if key in self.parent:
            return self.parent[key]
        return cast(Sandbox, self.environment).from_outside(key)


class _PromptFiles(BaseLoader):
    """Template files, found through the project."""

    def __init__(self, read: ReadPrompt) -> None:
        self._read = read
        self.sources: dict[str, str] = {}  # file -> its text

    def get_source(self, environment: Any, template: str) -> tuple[str, str, Callable[[], bool]]:  # noqa: ARG002
        found = self._read(template)
        if found is None:
            raise TemplateNotFound(template)
        file, text = found
        if len(text) > MAX_SOURCE:
            raise ValueFault(f"`{template}` is longer than {MAX_SOURCE:,} characters".replace(",", " "), "", "WS010")
        self.sources[file] = text
        # A file ends with a line end; the text that it holds does not.
        return re.sub(r"(\r\n|\n|\r)\Z", "", text), file, lambda: True


class Sandbox(ImmutableSandboxedEnvironment):
    """The one environment of a project's templates."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})
    context_class = SightContext

    def __init__(
        self,
        read_prompt: ReadPrompt,
        functions: Mapping[str, Callable[..., object]],
        filters: Mapping[str, Callable[..., object]],
        scale: Scale,
    ) -> None:
        self._files = _PromptFiles(read_prompt)
        super().__init__(
            undefined=Gap,
            autoescape=False,
            keep_trailing_newline=True,
            loader=self._files,
            cache_size=-1,
            auto_reload=False,
        )
        self.scale = scale
        self.effort = MAX_EFFORT
        self.seconds = MAX_SECONDS
        self.meter = Meter(_no_names, self.effort, self.seconds)
        self.globals.clear()
        self.functions = dict(functions)
        self.builtins: dict[str, object] = {"range": bounded.bounded_range, "dict": self._dict, "namespace": Namespace}
        self.filters = self._filters(filters)
        self._sizes: dict[str, int] = {}

    # -- compiling -----------------------------------------------------------------------------------------------

    def compiled(self, source: str) -> Compiled:
        """A text of the shot list.  Raises TemplateFault."""
        if len(source) > MAX_SOURCE:
            raise TemplateFault(
                f"the template is longer than {MAX_SOURCE:,} characters".replace(",", " "),
                "put its parts into files of the prompts folder, and `{% include %}` them",
                code="WS301",
            )
        with self._measured(_no_names):
            try:
                stripped = source.strip()
                looks_single = stripped.startswith("{{") and stripped.endswith("}}")
                tree = self._parse(stripped, None, None) if looks_single else None
                expression = rewriting.single_expression(tree) if tree is not None else None
                if tree is not None and expression is not None:
                    tree.body = [rewriting.kept(expression)]
                elif tree is None or stripped != source:
                    tree = self._parse(source, None, None)
                code = self.compile(tree, None, None)
                template = self.template_class.from_code(self, code, self.make_globals(None), None)
            except Exception as error:
                raise self._as_fault(error, None) from None
        return Compiled(self, template, expression is not None, source)

    def load(self, name: str) -> Compiled:
        """A template file.  Raises TemplateFault."""
        with self._measured(_no_names):
            try:
                template = self.get_template(name)
            except (TemplateSignal, TemplateFault):
                raise
            except Exception as error:
                raise self._as_fault(error, None) from None
        return Compiled(self, template, False, self._files.sources.get(template.filename or "", ""))

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        rewriting.check_words(source, self.filters, self.tests)
        tree = rewriting.rewritten(source)
        tree.set_environment(self)
        return super()._generate(tree, *args, **kwargs)

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Any:
        template = super().get_template(name, parent, globals)
        size = self._sizes.get(str(name))
        if size is None:
            size = self._sizes[str(name)] = len(self._files.sources.get(template.filename or "", ""))
        self.meter.spend(1 + size // 16)
        return template

    def used(self, source: str, seen: set[str] | None = None) -> frozenset[str]:
        """Free names of a template, sound already, and of all that it includes by name."""
        seen = set() if seen is None else seen
        tree = self._parse(source, None, None)
        used = find_undeclared_variables(tree)
        for name in find_referenced_templates(tree):
            if name is None or name in seen:
                continue
            seen.add(name)
            try:
                included, _, _ = self._files.get_source(self, name)
                used |= self.used(included, seen)
            except Exception:  # reported where it is rendered, if it is
                continue
        return frozenset(used - self.builtins.keys())

    # -- rendering -----------------------------------------------------------------------------------------------

    def _measured(self, names: Namelike) -> _Measured:
        return _Measured(self, Meter(names, self.effort, self.seconds))

    def from_outside(self, name: str) -> object:
        """A variable of the shot list, a function, or one of Jinja's few; jinja2's `missing` where it is none."""
        try:
            value = self.meter.names(name)
        except KeyError:
            value = self.functions.get(name, self.builtins.get(name, missing))
        if isinstance(value, dict | list | tuple):
            self.scale.weigh(value)
        return value

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        self = __self
        self.meter.spend(4)
        if not isinstance(__obj, Macro):
            if isinstance(__obj, Undefined):
                cast(Gap, __obj).fail()
            args = tuple(self._handed_over(one) for one in args)
            kwargs = {name: self._handed_over(one) for name, one in kwargs.items()}
        if isinstance(__obj, types.BuiltinMethodType) and isinstance(__obj.__self__, str):
            self._check_text_method(__obj.__self__, __obj.__name__, args)
        elif not callable(__obj):
            raise ValueFault(f"{kind_of(__obj)} is called like a function", "remove the brackets")
        result = super(Sandbox, self).call(__context, __obj, *args, **kwargs)
        return self._charged(result)

    def _handed_over(self, value: object) -> object:
        """An argument for a function that is not Jinja's: no undefined names, no lazy lists."""
        if isinstance(value, Undefined):
            cast(Gap, value).fail()
        return listed(value)

    def _check_text_method(self, text: str, name: str, args: tuple[Any, ...]) -> None:
        if name in ("center", "ljust", "rjust", "zfill"):
            if args and isinstance(args[0], int) and args[0] > bounded.MAX_DIGITS:
                raise too_long()
        elif name == "replace" and len(args) >= 2:
            bounded.check_replace(text, args[0], args[1])
        elif name == "join" and args:
            parts = [text_of(part) for part in args[0]] if not isinstance(args[0], str) else list(args[0])
            if sum(map(len, parts)) + len(text) * len(parts) > MAX_TEXT:
                raise too_long()

    def _charged(self, result: Any) -> Any:
        kind = type(result)
        if kind is str:
            if len(result) > MAX_TEXT:
                raise too_long()
            self.meter.spend(1 + (len(result) >> 4))
        elif kind is list or kind is dict or kind is tuple:
            if len(result) > MAX_VALUES:
                raise too_many()
            self.meter.spend(1 + (len(result) >> 4))
        return result

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002 -- Jinja's
        for side in (left, right):
            if isinstance(side, Undefined):
                cast(Gap, side).fail()
        if operator == "%" and isinstance(left, str):
            return self._charged(bounded.printf(left, right))
        if isinstance(left, int) and isinstance(right, int):
            bounded.check_integers(operator, left, right)
        elif operator == "*":
            for sequence, times in ((left, right), (right, left)):
                if isinstance(sequence, str | list | tuple) and isinstance(times, int):
                    if isinstance(sequence, str):
                        if len(sequence) * times > MAX_TEXT:
                            raise too_long()
                    elif self.scale.weigh(sequence) * times > LITERAL_VALUES:
                        raise too_many(LITERAL_VALUES)
        elif operator == "+" and isinstance(left, list | tuple) and isinstance(right, list | tuple):
            if self.scale.weigh(left) + self.scale.weigh(right) > MAX_VALUES:
                raise too_many()
        elif operator == "+" and isinstance(left, str) != isinstance(right, str):
            raise ValueFault(f"`+` does not join {kind_of(left)} and {kind_of(right)}", "`~` joins anything as text")
        return self._charged(self.binop_table[operator](left, right))

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, _JINJAS):
            return super().getattr(obj, attribute)
        value = attribute_of(obj, attribute)
        return self.undefined(obj=obj, name=attribute) if value is MISSING else value

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, _JINJAS):
            return super().getitem(obj, argument)
        if isinstance(argument, Undefined):
            cast(Gap, argument).fail()
        if isinstance(obj, Mapping):
            try:
                return obj[argument]
            except (KeyError, TypeError):
                return self.undefined(obj=obj, name=argument)
        if isinstance(obj, str | list | tuple | range) and isinstance(argument, int | slice):
            try:
                return obj[argument]
            except LookupError:
                return self.undefined(obj=obj, name=cast(Any, argument))
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        return self.undefined(obj=obj, name=argument)

    # -- filters -------------------------------------------------------------------------------------------------

    def _filters(self, given: Mapping[str, Callable[..., object]]) -> dict[str, Any]:
        jinjas = jinja2.filters.FILTERS
        made: dict[str, Any] = {name: self._bounded(jinjas[name]) for name in _VALUE_FILTERS}
        made.update({name: self._bounded(bounded.on_text(jinjas[name])) for name in _TEXT_FILTERS})
        made.update(
            attr=lambda value, name: self.getattr(value, text_of(name)),
            batch=self._bounded(bounded.with_count(jinjas["batch"])),
            slice=self._bounded(bounded.with_count(jinjas["slice"])),
            center=self._bounded(bounded.center),
            format=self._bounded(lambda text, *args, **kwargs: bounded.printf(text_of(text), kwargs or args)),
            indent=self._bounded(bounded.indent),
            join=self._bounded(self._join),
            replace=self._bounded(bounded.replace),
            round=self._bounded(bounded.round_),
            string=self._bounded(text_of),
            sum=self._bounded(self._sum),
            tojson=self._bounded(bounded.tojson),
            wordwrap=self._bounded(bounded.wordwrap),
        )
        for name, apply in given.items():
            made[name] = self._foreign(apply)

        @pass_context
        def name_(context: Context, name: str) -> object:
            value = context.resolve_or_missing(name)
            return self.undefined(name=name) if value is missing else value

        # They take the context only so that Jinja does not work them out while it compiles.
        @pass_context
        def text_(_: Context, value: object, label: str = "") -> str:
            text = value if type(value) is str else _text(value, label)
            self.meter.spend(len(text) >> 4)
            return text

        @pass_context
        def keep_(_: Context, value: object, label: str = "") -> str:
            self.meter.kept = self._native(value, label)
            return ""

        @pass_context
        def steps_(_: Context, value: Any, cost: int) -> Counted:
            if isinstance(value, Undefined):
                cast(Gap, value).fail()
            if not isinstance(value, Iterable) or isinstance(value, Counted):
                raise ValueFault(f"{kind_of(value)} is nothing to loop over", "loop over a list")
            return Counted(value, self.meter, cost)

        @pass_context
        def weigh_(_: Context, value: Any) -> Any:
            for inner in value.values() if isinstance(value, dict) else value:
                if isinstance(inner, Undefined):
                    cast(Gap, inner).fail()
            self.meter.spend(self.scale.weigh(value, LITERAL_VALUES))
            return value

        @pass_context
        def join_(_: Context, values: list[object]) -> str:
            return cast(str, self._charged("".join(cast("list[str]", values))))

        @pass_context
        def spend_(_: Context, effort: int) -> str:
            self.meter.spend(effort)
            return ""

        made.update(
            {
                rewriting.NAME: name_,
                rewriting.TEXT: text_,
                rewriting.KEEP: keep_,
                rewriting.STEPS: steps_,
                rewriting.WEIGH: weigh_,
                rewriting.JOIN: join_,
                rewriting.SPEND: spend_,
            }
        )
        return made

    def _bounded(self, apply: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(apply)
        def run(*args: Any, **kwargs: Any) -> Any:
            self.meter.spend(1)
            return self._charged(apply(*args, **kwargs))

        return run

    def _foreign(self, apply: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(apply)
        def run(*args: Any, **kwargs: Any) -> Any:
            self.meter.spend(1)
            return apply(
                *(self._handed_over(one) for one in args),
                **{name: self._handed_over(one) for name, one in kwargs.items()},
            )

        return run

    def _join(self, values: Any, d: Any = "", attribute: Any = None) -> str:
        if isinstance(values, Undefined):
            cast(Gap, values).fail()
        separator = text_of(d)
        parts: list[str] = []
        size = 0
        for value in values:
            one = value
            if attribute is not None:
                for step in [attribute] if isinstance(attribute, int) else text_of(attribute).split("."):
                    one = self.getitem(one, int(step) if str(step).isdigit() else step)
            parts.append(text_of(one, "" if attribute is None else f"….{attribute}"))
            size += len(parts[-1]) + len(separator)
            if size > MAX_TEXT:
                raise too_long()
        return separator.join(parts)

    def _sum(self, values: Any, attribute: Any = None, start: Any = 0) -> Any:
        if isinstance(values, Undefined):
            cast(Gap, values).fail()
        total = start
        for value in values:
            one = value if attribute is None else self.getitem(value, attribute)
            if isinstance(one, Undefined):
                cast(Gap, one).fail()
            if not isinstance(one, int | float) or not isinstance(total, int | float):
                raise ValueFault(f"`sum` adds numbers, not {kind_of(one)}", "`join` joins texts, `+` lists")
            total += one
        return total

    def _dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        made = dict(*args, **kwargs)
        self.scale.weigh(made, LITERAL_VALUES)
        return made

    def _native(self, value: Any, label: str) -> Any:
        """The value of a single expression: JSON, or what the names brought; lazy lists are listed."""
        if isinstance(value, Undefined):
            cast(Gap, value).fail()
        if isinstance(value, dict | list | tuple):
            self.scale.weigh(value)
        return self._plain(value, label)

    def _plain(self, value: Any, label: str) -> Any:
        kind = type(value)
        if kind is str or kind is bool or value is None:
            return value
        if kind is int:
            if abs(value) > LARGEST_INTEGER:
                raise ValueFault("the number is too large")
            return value
        if kind is float:
            number_text(value)
            return value
        if kind is list:
            made = [self._plain(one, label) for one in value]
            return value if all(a is b for a, b in zip(made, value, strict=True)) else made
        if kind is dict:
            entries = {text_of(name): self._plain(one, label) for name, one in value.items()}
            same = all(a is b for a, b in zip(entries.values(), value.values(), strict=True))
            return value if same and all(type(name) is str for name in value) else entries
        if isinstance(value, tuple | range) or is_lazy(value):
            return [self._plain(one, label) for one in cast(Any, listed(value))]
        if isinstance(value, Undefined):
            cast(Gap, value).fail()
        if isinstance(value, str):
            return value if public_names(value) is not None else str(value)
        if public_names(value) is None and (callable(value) or isinstance(value, _JINJAS)):
            _text(value, label)
        return value

    # -- faults --------------------------------------------------------------------------------------------------

    def _as_fault(self, error: BaseException, names: Namelike | None) -> TemplateFault:
        """Any exception of reading or rendering as a fault with its place."""
        file, line = self._place(error)
        message, hint, code = str(error), "", "WS303"
        word = ""  # where in the line it stands
        if isinstance(error, TemplateFault):
            return error
        if isinstance(error, MissingName):
            message, hint = missing_words(error, [*_known(names), *self.functions, *self.builtins])
            code, word = "WS302", str(error.name)
        elif isinstance(error, TemplateSyntaxError):
            message, hint = syntax_words(error)
            file, line, code = error.filename or "", error.lineno, "WS301"
        elif isinstance(error, BadTemplate):
            message, hint, code = error.message, error.hint, "WS301"
            file, line = self._file_on_the_way(error) or "", error.line
        elif isinstance(error, TemplatesNotFound | TemplateNotFound):
            wanted = [str(name) for name in getattr(error, "templates", None) or [error.name]]
            shown = ", ".join(f"`{name}`" for name in wanted)
            message, code, word = f"no template file {shown} in the prompt folders", "WS002", wanted[0]
            hint = "folders are searched in the order of `prompts`; the default is `prompts`"
        elif isinstance(error, ValueFault):
            message, hint, code = error.message, error.hint, error.code
            if isinstance(error, Overgrown):
                self._be_stricter()
        elif isinstance(error, Exhausted):
            message, hint = "the template goes on for too long", "loop over less"
            self._be_stricter()
        elif isinstance(error, RecursionError):
            message, hint = "the template nests or calls itself too deep", "check for a file that includes itself"
        elif isinstance(error, ZeroDivisionError):
            message = "a division by zero"
        elif isinstance(error, SecurityError):
            message = tidied(message) or "this is not allowed in a template"
        elif isinstance(error, MemoryError):
            message = "the template needs too much memory"
        elif isinstance(error, SyntaxError):
            message, hint, code = "the template nests too deep", "use fewer blocks inside blocks", "WS301"
        elif hasattr(error, "message") and hasattr(error, "hint"):  # a path that may not be read
            message, hint, code = str(error.message), str(error.hint), "WS020"
        else:
            message = tidied(message) or type(error).__name__
        if not file:
            return TemplateFault(message, hint, line=line, code=code)
        written = (self._files.sources.get(file, "").splitlines() or [""])[line - 1 : line] or [""]
        return TemplateFault(message, hint, file=file, line=line, column=column_of(written[0], word), code=code)

    def _be_stricter(self) -> None:
        """The next endless template is stopped sooner: a list may hold thousands of them."""
        self.effort, self.seconds = max(10_000, self.effort // 4), max(0.1, self.seconds / 4)

    def _place(self, error: BaseException) -> tuple[str, int]:
        """File and line of the innermost template that an exception came through; no file for a text."""
        found: tuple[str, int] = ("", 1)
        trace = error.__traceback__
        while trace is not None:
            template = trace.tb_frame.f_globals.get("__jinja_template__")
            if template is not None and trace.tb_frame.f_globals.get("environment") is self:
                file = template.filename if template.name is not None else ""
                found = (file or "", template.get_corresponding_lineno(trace.tb_lineno))
            trace = trace.tb_next
        return found

    def _file_on_the_way(self, error: BaseException) -> str | None:
        """The file that Jinja was compiling when an exception came up."""
        trace, file = error.__traceback__, None
        while trace is not None:
            if trace.tb_frame.f_code.co_name == "load" and "source" in trace.tb_frame.f_locals:
                file = trace.tb_frame.f_locals.get("filename")
            trace = trace.tb_next
        return file


class _Measured:
    """Puts a meter in place for one render, and the one before back after it: renders nest."""

    __slots__ = ("_before", "_sandbox", "meter")

    def __init__(self, sandbox: Sandbox, meter: Meter) -> None:
        self._sandbox = sandbox
        self.meter = meter

    def __enter__(self) -> Meter:
        self._before = self._sandbox.meter
        self._sandbox.meter = self.meter
        return self.meter

    def __exit__(self, *_: object) -> None:
        self._sandbox.meter = self._before


class Compiled:
    """A template as Jinja compiled it."""

    __slots__ = ("_exhausted", "_sandbox", "_single", "_source", "_template")

    def __init__(self, sandbox: Sandbox, template: Any, single: bool, source: str) -> None:
        self._sandbox = sandbox
        self._template = template
        self._single = single
        self._source = source
        self._exhausted: TemplateFault | None = None

    @property
    def used(self) -> frozenset[str]:
        return self._sandbox.used(self._source)

    def render(self, names: Namelike) -> object:
        if self._exhausted is not None:
            raise self._exhausted
        with self._sandbox._measured(names) as meter:
            try:
                template = self._template
                parts = []
                size = 0
                for part in template.root_render_func(template.new_context()):
                    text = part if type(part) is str else text_of(part)
                    size += len(text)
                    if size > MAX_TEXT:
                        raise too_long()
                    parts.append(text)
                return meter.kept if self._single else "".join(parts)
            except (TemplateSignal, TemplateFault):
                raise
            except Exception as error:
                fault = self._sandbox._as_fault(error, names)
                if isinstance(error, Exhausted | Overgrown):
                    self._exhausted = fault  # the same for every item that has it
                raise fault from None

    def render_text(self, names: Namelike) -> str:
        value = self.render(names)
        if isinstance(value, str):
            return str(value)
        try:
            return text_of(value)
        except ValueFault as fault:
            raise TemplateFault(fault.message, fault.hint, code=fault.code) from None


_JINJAS = (
    LoopContext,
    Namespace,
    Macro,
    Undefined,
    jinja2.environment.TemplateModule,
    jinja2.runtime.TemplateReference,
)

_VALUE_FILTERS = [
    "abs",
    "count",
    "d",
    "default",
    "dictsort",
    "filesizeformat",
    "first",
    "float",
    "groupby",
    "int",
    "items",
    "last",
    "length",
    "list",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "reverse",
    "select",
    "selectattr",
    "sort",
    "unique",
]
_TEXT_FILTERS = ["capitalize", "lower", "title", "trim", "truncate", "upper", "urlencode", "wordcount"]


def _text(value: Any, label: str) -> str:
    if isinstance(value, _JINJAS) and not isinstance(value, Undefined | Macro):
        raise ValueFault(f"{f'`{label}`' if label else 'this'} is no value", "name a variable, or call a macro")
    return text_of(value, label)


def _no_names(name: str) -> object:
    raise KeyError(name)


def _known(names: Namelike | None) -> Iterable[str]:
    known = getattr(names, "known", None)
    return known() if callable(known) else ()
