"""YAML in which every value remembers its place.

PyYAML's own loaders speak YAML 1.1 (an unquoted `16:9` is the base-60 number 969 and `no` is false), keep the last of
two equal keys, and recurse into what they read.  Only its event stream is used here, which is iterative and fast; the
tree is built by hand, with the types that JSON knows, bounded in depth and in size however often an alias repeats it.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from wanspec.domain.diagnostics import Checked, Diagnostic, Severity
from wanspec.domain.nodes import Location, Node
from wanspec.reading.unquoted import Quoting

if TYPE_CHECKING:
    import yaml

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64  # open lists and mappings; a request nests a dozen deep
MAX_NODES = 2_000_000  # with every alias and merge written out; 15 000 shots are about 150 000
LARGEST_INTEGER = 2**53 - 1  # beyond it, JSON readers disagree about the number

# What YAML allows in a file (section 5.1 of its specification); all else is a sign of a damaged or binary file.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_NUL_ESCAPE = re.compile(r"\\(?:0|x00|u0000|U00000000)")
# They reorder the text on the screen without a trace (CVE-2021-42574).
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Line breaks for YAML 1.1 and libyaml, plain characters for YAML 1.2 and for editors.
_OLD_BREAKS = "\x85\u2028\u2029"

_CORE = "tag:yaml.org,2002:"
_MAY_BE_TYPED = frozenset("0123456789+-.tTfFnN~")  # first characters of plain scalars that are not text
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_OTHER_BASE = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")


def decode(data: bytes, file: str) -> Checked[str]:
    """The text of a UTF-8 file without its byte order mark; else the place of the first byte that is none."""
    if len(data) > MAX_BYTES:
        return Checked(None, (too_large(file),))
    try:
        return Checked(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return Checked(
                None,
                (Diagnostic("WS003", "the file is UTF-16, not UTF-8", Location(file), "save it as UTF-8"),),
            )
        start = error.start  # in the bytes without a byte order mark where there is one
        bare = data.removeprefix(b"\xef\xbb\xbf")
        before = bare[:start].decode("utf-8")
        line, column = place_of(before, len(before))
        message = f"the file is not UTF-8: byte 0x{bare[start]:02x} begins no character"
        return Checked(None, (Diagnostic("WS003", message, Location(file, line, column), "save it as UTF-8"),))


def too_large(file: str) -> Diagnostic:
    return Diagnostic(
        "WS010",
        f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB",
        Location(file),
        "split it, and name the parts under `include` or `data`",
    )


def place_of(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of a character of a text with any of the usual line ends."""
    before = text[:index].replace("\r\n", "\n").replace("\r", "\n")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def forbidden_character(text: str, file: str) -> Diagnostic | None:
    """The first character that no text file has: NUL, escape, half a surrogate pair."""
    found = _FORBIDDEN.search(text)
    if found is None:
        return None
    at = Location(file, *place_of(text, found.start()))
    code = ord(found.group())
    name = "a NUL character" if code == 0 else f"the control character U+{code:04X}"
    if 0xD800 <= code <= 0xDFFF or code >= 0xFEFF:
        name = f"the character U+{code:04X}, which is no text"
    return Diagnostic("WS004", f"{name} in the file", at, "remove it; in quotes it can be written as an escape")


def direction_mark(text: str, file: str) -> Diagnostic | None:
    """A warning about the first mark that silently reorders text on the screen, with how many there are."""
    if text.isascii():
        return None
    found = _DIRECTION.findall(text)
    if not found:
        return None
    first = _DIRECTION.search(text)
    assert first is not None
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return Diagnostic(
        "WS490",
        f"an invisible direction mark U+{ord(found[0]):04X}{more}: the text may read in another order than it shows",
        Location(file, *place_of(text, first.start())),
        "remove it, or silence this with `lint: {WS490: off}`",
        severity=Severity.WARNING,
    )


def read_yaml(text: str | bytes, file: str, *, may_be_empty: bool = False, first: str = "") -> Checked[Node]:
    """The one document of a file as Nodes, with every fault that can be told.

    The value is None only where nothing could be read (broken syntax, a limit, another encoding); of a duplicate key
    the first stays, a refused tag or name is dropped.  An empty file is null where it may be, else a fault, whose hint
    is to begin it with `first`.
    """
    if isinstance(text, bytes):
        decoded = decode(text, file)
        if decoded.value is None:
            return Checked(None, decoded.diagnostics)
        text = decoded.value
    elif len(text) > MAX_BYTES:
        return Checked(None, (too_large(file),))
    text = text.removeprefix("\ufeff")
    if fault := forbidden_character(text, file):
        return Checked(None, (fault,))
    lint = direction_mark(text, file)
    quoting = Quoting(text)
    unquoted: list[Diagnostic] = []
    while True:
        reader = _Reader(text, file, quoting)
        try:
            with collector_at_rest():
                node = reader.read()
            break
        except _Unquoted as found:
            unquoted.append(found.diagnostic)
            text = quoting.text
        except _Stop as stop:
            # What the parser stumbles over often was refused as a name just before: one fault is enough.
            before = [fault for fault in reader.faults if fault.at.line != stop.diagnostic.at.line]
            return Checked(None, (*unquoted, *before, stop.diagnostic))
    faults = (*unquoted, *reader.faults, *((lint,) if lint else ()))
    if node is None and not may_be_empty and not faults:
        return Checked(
            None, (Diagnostic("WS012", "the file is empty", Location(file), f"begin it with {first}" if first else ""),)
        )
    return Checked(node or Node(None, file, 1, 1), faults)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """For work that makes hundreds of thousands of objects which all live on.

    The cycle collector would walk them again and again for nothing: a fifth of the time of reading a large list.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Stop(Exception):
    """Nothing after this place can be read."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _Unquoted(Exception):
    """A template without quotes; the text has them now, and is to be read again."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _Open:
    """A list or mapping whose end has not been read yet."""

    __slots__ = ("entries", "height", "key", "key_at", "merge", "name", "names", "node", "weight")

    def __init__(self, node: Node, name: str | None) -> None:
        self.node = node
        self.name = name  # its anchor
        self.entries: dict[str, Node] | list[Node] = node.value  # type: ignore[assignment]
        self.weight = 1  # nodes in it, with every alias written out
        self.height = 0  # levels below it
        # Of a mapping: the name that waits for its value; None before a name, and in a list.
        self.key: str | None = None
        self.key_at = (0, 0)
        self.names: dict[str, tuple[int, int]] = {}  # every name met, for duplicates
        self.merge: Node | None = None  # value of its `<<`


# Instead of a name, for a value that is read and dropped: its name was refused.
_DROPPED = "\0dropped"
_MERGE = "\0<<"


class _Reader:
    """One pass over the events of one file."""

    def __init__(self, text: str, file: str, quoting: Quoting) -> None:
        self.text = text
        self.file = file
        self._quoting = quoting
        self.faults: list[Diagnostic] = []
        self._anchors: dict[str, tuple[Node, int, int] | None] = {}  # node, weight, height; None while it is open
        self._weight = 0
        self._restore = quoting.restore or None

    def read(self) -> Node | None:
        import yaml

        text = self.text
        if any(mark in text for mark in _OLD_BREAKS):
            text = self._hidden(text)
        parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        try:
            return self._build(parser.get_event, yaml)
        except yaml.MarkedYAMLError as error:
            for mark in (error.problem_mark, error.context_mark):
                if mark is not None:
                    self._quote(mark.line)
            raise _Stop(self._syntax(error)) from None
        except yaml.YAMLError as error:
            raise _Stop(
                Diagnostic(
                    "WS005", f"the file cannot be read as YAML: {error}", Location(self.file), "save it as UTF-8 text"
                )
            ) from None
        finally:
            parser.dispose()

    def _hidden(self, text: str) -> str:
        """The text with the old line breaks replaced by private characters, so that lines are an editor's lines."""
        spare = (code for code in range(0xF0000, 0xFFFFE) if chr(code) not in text)
        stand_ins = {mark: chr(next(spare)) for mark in _OLD_BREAKS}
        self._restore = {**(self._restore or {}), **{ord(stand_in): mark for mark, stand_in in stand_ins.items()}}
        return text.translate({ord(mark): stand_in for mark, stand_in in stand_ins.items()})

    def _build(self, get_event: Any, yaml: Any) -> Node | None:
        # One long function: it runs twenty times for every shot.
        scalar_event, alias_event = yaml.ScalarEvent, yaml.AliasEvent
        mapping_start, mapping_end = yaml.MappingStartEvent, yaml.MappingEndEvent
        sequence_start, sequence_end = yaml.SequenceStartEvent, yaml.SequenceEndEvent
        document_start, stream_end = yaml.DocumentStartEvent, yaml.StreamEndEvent
        file, faults, restore = self.file, self.faults, self._restore
        may_hold_nul = _NUL_ESCAPE.search(self.text) is not None
        stack: list[_Open] = []
        top: _Open | None = None
        root: Node | None = None
        documents = 0

        while True:
            event = get_event()
            kind = event.__class__
            if kind is scalar_event:
                mark = event.start_mark
                text = event.value
                if restore is not None:
                    text = text.translate(restore)
                if top is not None and top.key is None and top.entries.__class__ is dict:
                    self._name(top, text, mark, event)
                    continue
                if event.implicit[0]:
                    value = text if text and text[0] not in _MAY_BE_TYPED else self._plain(text, mark)
                elif event.tag is None or event.tag == "!":
                    value = text
                else:
                    value = self._tagged(event, text)
                if may_hold_nul and "\0" in text:
                    faults.append(
                        self._fault("WS004", "an escape puts a NUL character into this text", mark, "remove it")
                    )
                node = Node(value, file, mark.line + 1, mark.column + 1)
                weight, height = 1, 0
                if event.anchor is not None:
                    self._anchors[event.anchor] = (node, 1, 0)
            elif kind is mapping_start or kind is sequence_start:
                mark = event.start_mark
                if len(stack) >= MAX_DEPTH:
                    raise _Stop(self._too_deep(mark))
                if event.tag is not None:
                    self._collection_tag(event, mark, kind is mapping_start)
                node = Node({} if kind is mapping_start else [], file, mark.line + 1, mark.column + 1)
                if event.anchor is not None:
                    self._anchors[event.anchor] = None
                if top is not None and top.key is None and top.entries.__class__ is dict:
                    self._quote(mark.line, mark.column - 1)
                    faults.append(self._name_fault(mark, "a list or mapping stands where a name is needed"))
                    top.key = "\0name"  # what comes next is the name itself; its value follows
                if top is not None:
                    # Already now: a fault inside tells its path.
                    node.parent = top.node
                    if top.key is not None and top.key[:1] != "\0":
                        node.key = top.key
                    elif top.key is None:
                        node.key = len(top.entries)
                top = _Open(node, event.anchor)
                stack.append(top)
                continue
            elif kind is mapping_end or kind is sequence_end:
                assert top is not None
                node, weight, height = top.node, top.weight, top.height
                if top.merge is not None:
                    self._merge(top)
                if top.name is not None:
                    self._anchors[top.name] = (node, weight, height)
                stack.pop()
                top = stack[-1] if stack else None
            elif kind is alias_event:
                mark = event.start_mark
                anchor = self._anchor(event.anchor, mark)
                if top is not None and top.key is None and top.entries.__class__ is dict:
                    if anchor is not None and isinstance(anchor[0].value, str):
                        self._named(top, anchor[0].value, mark)
                    else:
                        faults.append(self._name_fault(mark, "this alias stands where a name is needed and is no text"))
                        top.key = _DROPPED
                    continue
                if anchor is None:
                    nothing: dict[str, Node] | None = {} if top is not None and top.key == _MERGE else None
                    node, weight, height = Node(nothing, file, mark.line + 1, mark.column + 1), 1, 0
                else:
                    target, weight, height = anchor
                    node = Node(target.value, file, mark.line + 1, mark.column + 1)
                    if len(stack) + height > MAX_DEPTH:
                        raise _Stop(self._too_deep(mark))
            elif kind is stream_end:
                return root
            else:
                if kind is document_start:
                    documents += 1
                    if documents > 1:
                        raise _Stop(self._second_document(event.start_mark))
                continue

            # A value is complete: hand it to what holds it.
            if top is None:
                root = node
                if weight > MAX_NODES:
                    raise _Stop(self._too_many(event.start_mark))
                continue
            top.weight += weight
            if top.weight > MAX_NODES:
                raise _Stop(self._too_many(event.start_mark))
            if height >= top.height:
                top.height = height + 1
            node.parent = top.node
            key = top.key
            if key is None:
                entries = top.entries
                node.key = len(entries)
                entries.append(node)  # type: ignore[union-attr]
                continue
            if key[:1] == "\0":
                if key == "\0name":
                    top.key = _DROPPED
                    continue
                top.key = None
                if key == _MERGE:
                    node.key = "<<"
                    node.key_line, node.key_column = top.key_at
                    top.merge = node
                continue
            node.key = key
            node.key_line, node.key_column = top.key_at
            top.entries[key] = node  # type: ignore[call-overload]
            top.key = None

    # -- names ---------------------------------------------------------------------------------------------------

    def _name(self, top: _Open, text: str, mark: Any, event: Any) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = (Node(text, self.file, mark.line + 1, mark.column + 1), 1, 0)
        if event.tag is not None and event.tag not in ("!", _CORE + "str"):
            self.faults.append(self._tag_fault(event.tag, mark))
            top.key = _DROPPED
            return
        if text == "<<" and event.implicit[0]:
            if _MERGE in top.names:
                self.faults.append(
                    self._fault(
                        "WS006",
                        "`<<` is written twice",
                        mark,
                        "merge several with a list: `<<: [*first, *second]`",
                        also=((self._location(*top.names[_MERGE]), "first written here"),),
                    )
                )
                top.key = _DROPPED
                return
            top.key = _MERGE
            top.key_at = top.names[_MERGE] = (mark.line + 1, mark.column + 1)
            return
        if not text and event.implicit[0]:
            self.faults.append(self._name_fault(mark, "an entry without a name"))
            top.key = _DROPPED
            return
        self._named(top, text, mark)

    def _named(self, top: _Open, name: str, mark: Any) -> None:
        names = top.names
        if name in names:
            path = f"{top.node.path}.{name}" if top.node.path else name
            self.faults.append(
                Diagnostic(
                    "WS006",
                    f"`{name}` is written twice in one mapping",
                    Location(self.file, mark.line + 1, mark.column + 1, path),
                    "keep one of the two",
                    also=((self._location(*names[name]), "first written here"),),
                )
            )
            top.key = _DROPPED
            return
        top.key_at = names[name] = (mark.line + 1, mark.column + 1)
        top.key = name
        # NUL can only come from an escape; at the beginning it would be taken for a mark of this reader.
        if "\0" in name:
            self.faults.append(self._name_fault(mark, "a name holds a NUL character"))
            top.key = _DROPPED

    def _name_fault(self, mark: Any, message: str) -> Diagnostic:
        hint = self._brace_hint(mark.line) or "a name is plain text; quote it where it begins with a special character"
        return self._fault("WS007", message, mark, hint)

    # -- scalars -------------------------------------------------------------------------------------------------

    def _plain(self, text: str, mark: Any) -> bool | int | float | str | None:
        """A plain scalar by the core schema of YAML 1.2."""
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.match(text) or _OTHER_BASE.match(text):
            # Past 4 300 digits Python refuses to read a number at all; any that long is far too large.
            number = int(text, 0 if text[:2] in ("0o", "0x") else 10) if len(text) <= 400 else LARGEST_INTEGER + 1
            if abs(number) <= LARGEST_INTEGER:
                return number
        elif _FLOAT.match(text):
            value = float(text)
            if value not in (float("inf"), float("-inf")):
                return value
        elif not _NOT_FINITE.match(text):
            return text
        shown = text if len(text) <= 40 else text[:40] + "…"
        self.faults.append(
            self._fault(
                "WS013", f"`{shown}` is a number that JSON cannot hold", mark, f'write "{shown}" if text is meant'
            )
        )
        return text

    def _tagged(self, event: Any, text: str) -> bool | int | float | str | None:
        tag, mark = event.tag, event.start_mark
        name = tag.removeprefix(_CORE)
        if name == "str":
            return text
        value = self._plain(text, mark)
        kinds: dict[str, tuple[type, ...]] = {
            "null": (type(None),),
            "bool": (bool,),
            "int": (int,),
            "float": (int, float),
        }
        wanted = kinds.get(name) if tag.startswith(_CORE) else None
        if wanted is None:
            self.faults.append(self._tag_fault(tag, mark))
            return text
        if not isinstance(value, wanted) or (isinstance(value, bool) and name != "bool"):
            self.faults.append(
                self._fault("WS008", f"`{text}` is not what its tag `!!{name}` says", mark, "remove the tag")
            )
            return text
        return float(value) if name == "float" else value  # type: ignore[arg-type]

    def _collection_tag(self, event: Any, mark: Any, is_mapping: bool) -> None:
        if event.tag not in ("!", _CORE + ("map" if is_mapping else "seq")):
            self.faults.append(self._tag_fault(event.tag, mark))

    def _tag_fault(self, tag: str, mark: Any) -> Diagnostic:
        shown = "!!" + tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag
        hint = "remove it; a text that begins with `!` is quoted"
        return self._fault("WS008", f"the tag `{shown}` has no meaning in a shot list", mark, hint)

    # -- anchors and merging -------------------------------------------------------------------------------------

    def _anchor(self, name: str, mark: Any) -> tuple[Node, int, int] | None:
        if name not in self._anchors:
            from wanspec.domain.diagnostics import suggestion

            hint = suggestion(name, self._anchors) or f"write `&{name}` before the value that is meant, above this line"
            self.faults.append(self._fault("WS009", f"no anchor is called `{name}`", mark, hint))
            return None
        found = self._anchors[name]
        if found is None:
            self.faults.append(
                self._fault(
                    "WS009", f"`*{name}` stands inside the value that it repeats", mark, "write the value out here"
                )
            )
        return found

    def _merge(self, top: _Open) -> None:
        """Puts what `<<` names below the mapping's own entries; the places stay those of the anchor."""
        merge = top.merge
        assert merge is not None
        sources = merge.value if isinstance(merge.value, list) else [merge]
        merged: dict[str, Node] = {}
        for source in sources:
            if isinstance(source.value, dict):
                for name, node in source.value.items():
                    merged.setdefault(name, node)
            else:
                self.faults.append(
                    Diagnostic(
                        "WS014",
                        "`<<` takes a mapping or a list of mappings",
                        Location(self.file, source.line, source.column, merge.path),
                        "name an anchor: `<<: *name`",
                    )
                )
        merged.update(top.entries)  # type: ignore[arg-type]
        top.node.value = merged

    # -- faults --------------------------------------------------------------------------------------------------

    def _quote(self, line: int, column: int | None = None) -> None:
        """Raises _Unquoted where a template that lacks its quotes is what cannot be read."""
        quoted = self._quoting.quote(line, column)
        if quoted is None:
            return
        begins, written = quoted
        message = "a text that begins with a brace stands without quotes"
        hint = f"write `{written}`" if 0 < len(written) <= 80 else 'put it in quotes: "{{ … }} …"'
        raise _Unquoted(Diagnostic("WS007", message, self._location(line + 1, begins + 1), hint))

    def _location(self, line: int, column: int) -> Location:
        return Location(self.file, line, column)

    def _fault(
        self, code: str, message: str, mark: Any, hint: str = "", also: tuple[tuple[Location, str], ...] = ()
    ) -> Diagnostic:
        return Diagnostic(code, message, self._location(mark.line + 1, mark.column + 1), hint, also=also)

    def _second_document(self, mark: Any) -> Diagnostic:
        return self._fault(
            "WS011",
            "a second document begins here; a file holds one",
            mark,
            "remove the line before it, or put what follows into a file of its own",
        )

    def _too_deep(self, mark: Any) -> Diagnostic:
        message = f"lists and mappings nest more than {MAX_DEPTH} deep"
        return self._fault("WS010", message, mark, "close some of them: a shot nests a dozen deep")

    def _too_many(self, mark: Any) -> Diagnostic:
        return self._fault(
            "WS010",
            f"the file holds more than {MAX_NODES:,} values when its aliases are written out".replace(",", " "),
            mark,
            "repeat less through `*aliases`, or split the file",
        )

    def _line(self, number: int) -> str:
        """The text of a line, counted from 0."""
        lines = re.split("\r\n|\r|\n", self.text)
        return lines[number] if 0 <= number < len(lines) else ""

    def _brace_hint(self, number: int) -> str:
        # By far the most frequent mistake of people who know Jinja: `prompt: {{ hero }} steps off the ferry`.
        if re.search(r"(?:^|[:\-,\[])\s*\{[{%#]", self._line(number)):
            return 'put a text that begins with a brace in quotes: "{{ … }} …"'
        return ""

    def _syntax(self, error: yaml.MarkedYAMLError) -> Diagnostic:
        problem = (error.problem or "").strip() or "the YAML is broken"
        context = (error.context or "").strip()
        mark = error.problem_mark or error.context_mark
        start = error.context_mark
        line, column = (mark.line, mark.column) if mark is not None else (0, 0)
        written = self._line(line)
        if "expected <document start>" in problem:
            return self._second_document(mark)
        message, hint = problem, ""
        also: tuple[tuple[Location, str], ...] = ()
        if start is not None and (start.line, start.column) != (line, column):
            # In our words: the parser's own ("while scanning a plain scalar") say nothing to who wrote the list.
            also = ((self._location(start.line + 1, start.column + 1), "begun here"),)
        if "quoted scalar" in context and "end of" in problem and start is not None:
            message, hint, also = (
                "a quote is opened here and never closed",
                "close it, or double it inside the text",
                (),
            )
            line, column = start.line, start.column
        elif ("flow sequence" in context or "flow mapping" in context) and start is not None:
            closing = "]" if "sequence" in context else "}"
            message = f"a `{'[' if closing == ']' else '{'}` is not closed as it should be"
            hint = f"put `{closing}` or a comma here, or quote the text"
        elif "mapping values are not allowed" in problem:
            message = "a `:` where no name can stand"
            hint = "quote a text that holds `: `, and check the indentation"
        elif "cannot start any token" in problem:
            character = written[column : column + 1]
            if character == "\t":
                message, hint = "a tab where YAML needs spaces", "indent with spaces"
            else:
                message, hint = f"`{character}` cannot begin a plain text", "quote the text"
        elif "could not find expected ':'" in problem or "did not find expected key" in problem:
            message = "a name with a `:` is expected here" if "key" in problem else "a name without its `:`"
            hint = "check the quotes and the indentation of this line and the one above"
        elif "did not find expected '-' indicator" in problem:
            message, hint = "a list entry is expected here", "begin it with `- `, in the column of the others"
        if "\t" in written[: len(written) - len(written.lstrip())] and not hint.startswith("quote a text"):
            message, hint, also = "a tab in the indentation", "indent with spaces", ()
        if start is not None:
            hint = self._brace_hint(start.line) or hint
        hint = self._brace_hint(line) or hint
        if re.search(r'"\{\{[^"]*"[^"]*"[^"]*\}\}', written):
            hint = "inside double quotes write single ones: \"{{ ref('deck') }}\""
        return Diagnostic("WS005", _lower(message), self._location(line + 1, column + 1), hint, also=also)


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:].rstrip(".")
