"""Data files: CSV, JSON, JSON Lines and YAML as JSON values, with the place of what is wrong in them."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wanspec.domain.diagnostics import Checked, Diagnostic
from wanspec.domain.json import Json
from wanspec.domain.nodes import Location
from wanspec.reading.marked_yaml import (
    LARGEST_INTEGER,
    MAX_BYTES,
    MAX_NODES,
    decode,
    forbidden_character,
    place_of,
    read_yaml,
    too_large,
)

FORMATS = ("csv", "tsv", "json", "jsonl", "ndjson", "yaml", "yml")
MAX_DEPTH = 64

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"-?[0-9]+\.[0-9]+\Z")
# Strings are matched so that what looks like a number or a bracket inside them is passed over.
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|-?Infinity|NaN|-?[0-9][-+0-9.eE]*', re.DOTALL)


_BAD_ESCAPE = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")


def read_data(text: str | bytes, file: str) -> Checked[Json]:
    """The value of a data file, by the end of its name: rows for CSV and JSON Lines, any value for JSON and YAML."""
    ending = file.rsplit("/", 1)[-1].rpartition(".")[2].lower()
    if ending not in FORMATS:
        return Checked(
            None,
            (
                Diagnostic(
                    "WS032",
                    f"`{file}` is no data file that wanspec reads",
                    Location(file),
                    "use a file that ends in .csv, .json, .jsonl or .yaml",
                ),
            ),
        )
    if isinstance(text, bytes):
        decoded = decode(text, file)
        if decoded.value is None:
            return Checked(None, decoded.diagnostics)
        text = decoded.value
    if len(text) > MAX_BYTES:
        return Checked(None, (too_large(file),))
    text = text.removeprefix("\ufeff")
    if ending in ("yaml", "yml"):
        document = read_yaml(text, file, first="a list of rows: `- name: value`")
        broken = document.value is None or not document.ok
        return Checked(None if broken else document.value.plain(), document.diagnostics)  # type: ignore[union-attr]
    if fault := forbidden_character(text, file):
        return Checked(None, (fault,))
    if ending in ("csv", "tsv"):
        return _read_csv(text, file, "\t" if ending == "tsv" else None)
    if ending == "json":
        if not text.strip():
            return Checked(None, (Diagnostic("WS012", "the file is empty", Location(file), "write `[]` for no rows"),))
        return _read_json(text, file, 0)
    return _read_json_lines(text, file)


def typed_text(text: str) -> bool | int | float | str:
    """A CSV cell or a `--var` value: a number, `true` or `false` only where that is written back as the same text."""
    if text == "true":
        return True
    if text == "false":
        return False
    if len(text) > 24 or not text or text[-1] not in "0123456789":
        return text
    if _INTEGER.match(text):
        number = int(text)
        return number if str(number) == text and abs(number) <= LARGEST_INTEGER else text
    if _FLOAT.match(text):
        # `2.0` is the number 2, which is written back as `2`: it stays text, as `1.10` does beside it.
        value = float(text)
        return value if repr(value) == text and not value.is_integer() else text
    return text


def level_rows(rows: Sequence[Any]) -> list[Any]:
    """Rows of which every one has every column, in the order in which columns first appear; null where it gives none.

    What is no mapping stays as it is.  The rows themselves come back where nothing is missing.
    """
    columns: dict[str, None] = {}
    shapes = {tuple(row) for row in rows if isinstance(row, Mapping)}
    if len(shapes) <= 1:
        return list(rows)
    for row in rows:
        if isinstance(row, Mapping):
            columns.update(dict.fromkeys(row))
    return [{name: row.get(name) for name in columns} if isinstance(row, Mapping) else row for row in rows]


# -- CSV -----------------------------------------------------------------------------------------------------------


def _read_csv(text: str, file: str, delimiter: str | None) -> Checked[Json]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _delimiter(text), strict=True)
    faults: list[Diagnostic] = []
    columns: list[str] | None = None
    rows: list[dict[str, Json]] = []
    typed: dict[str, Json] = {"": None}  # cells repeat
    cells = 0
    while True:
        line = reader.line_num + 1  # of the row's first line: a quoted cell may span several
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            faults.append(_csv_fault(error, file, line))
            break
        if not row:
            continue
        if columns is None:
            columns = [name.strip() for name in row]
            faults += _header_faults(columns, file, line)
            continue
        if len(row) != len(columns):
            faults.append(_ragged(row, columns, file, line))
            continue
        cells += len(row)
        if cells > MAX_NODES:
            message = f"the file holds more than {MAX_NODES} cells"
            faults.append(Diagnostic("WS010", message, Location(file, line), "split it into several files"))
            break
        values: list[Json] = []
        for cell in row:
            if cell not in typed:
                typed[cell] = typed_text(cell)
            values.append(typed[cell])
        rows.append(dict(zip(columns, values, strict=True)))
    if columns is None and not faults:
        hint = "begin it with a line that names the columns: `id,name`"
        faults.append(Diagnostic("WS012", "the file is empty", Location(file), hint))
    return Checked(None if faults else rows, tuple(faults))


def _delimiter(text: str) -> str:
    """A comma; where the header has none, the semicolon or tab that spreadsheets write in some countries."""
    for candidate in (",", ";", "\t"):
        try:
            header = next(csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=candidate), [])
        except csv.Error:
            continue
        if len(header) > 1:
            return candidate
    return ","


def _header_faults(columns: list[str], file: str, line: int) -> list[Diagnostic]:
    faults = []
    for n, name in enumerate(columns, 1):
        if not name:
            faults.append(
                Diagnostic(
                    "WS030", f"column {n} has no name", Location(file, line), "name every column", rule=f"empty {n}"
                )
            )
        elif name in columns[: n - 1]:
            faults.append(
                Diagnostic(
                    "WS030",
                    f"two columns are called `{name}`",
                    Location(file, line),
                    "give each a name of its own",
                    rule=name,
                )
            )
    return faults


def _ragged(row: list[str], columns: list[str], file: str, line: int) -> Diagnostic:
    if len(row) > len(columns):
        hint = "put a cell that holds the delimiter into double quotes"
    else:
        hint = "an empty cell still needs its delimiter"
    cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
    named = "1 column" if len(columns) == 1 else f"{len(columns)} columns"
    return Diagnostic("WS030", f"this row has {cells}, the header names {named}", Location(file, line), hint)


def _csv_fault(error: csv.Error, file: str, line: int) -> Diagnostic:
    problem = str(error)
    if "unexpected end" in problem:
        return Diagnostic(
            "WS030",
            "a quote is opened in this row and never closed",
            Location(file, line),
            'a quote inside a cell is doubled: `""`',
        )
    if "expected after" in problem:
        return Diagnostic(
            "WS030",
            "text follows a closing quote in this row",
            Location(file, line),
            'a quote inside a cell is doubled: `""`',
        )
    if "field larger" in problem:
        message = f"a cell is larger than {csv.field_size_limit()} characters"
        return Diagnostic("WS010", message, Location(file, line), "put the text into a file, and name that in the cell")
    return Diagnostic("WS030", f"the row cannot be read: {problem}", Location(file, line), "check its quotes")


# -- JSON ----------------------------------------------------------------------------------------------------------


class _Duplicate(Exception):
    pass


class _NoJsonNumber(Exception):
    pass


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Duplicate
    return made


def _constant(name: str) -> Any:
    raise _NoJsonNumber(name)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise _NoJsonNumber(text)
    return value


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > LARGEST_INTEGER:
        raise _NoJsonNumber(text)
    return int(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_float, parse_int=_integer)


def _read_json(text: str, file: str, lines_before: int) -> Checked[Json]:
    def fault(code: str, message: str, index: int, hint: str = "") -> Checked[Json]:
        line, column = place_of(text, index)
        return Checked(None, (Diagnostic(code, message, Location(file, line + lines_before, column), hint),))

    if (deep := _too_deep(text)) is not None:
        return fault("WS010", f"lists and mappings nest more than {MAX_DEPTH} deep", deep)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        return fault("WS031", f"this is not JSON: {_json_problem(error.msg)}", error.pos, _json_hint(text, error.pos))
    except _Duplicate:
        index, name = _duplicate(text)
        return fault("WS006", f"`{name}` is written twice in one mapping", index, "keep one of the two")
    except _NoJsonNumber as error:
        name = str(error)
        index = next((m.start() for m in _JSON_TOKEN.finditer(text) if m.group() == name), 0)
        shown = name if len(name) <= 40 else name[:40] + "…"
        return fault(
            "WS013", f"`{shown}` is a number that JSON cannot hold", index, f'write "{shown}" if text is meant'
        )
    # A JSON escape can name what no file or request can hold: half of a surrogate pair, NUL.
    if (escape := _BAD_ESCAPE.search(text)) is not None and any(map(_is_no_text, _texts(value))):
        return fault("WS004", "an escape names NUL or half a character, which is no text", escape.start())
    return Checked(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _is_no_text(text: str) -> bool:
    return "\0" in text or (not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text))


def _json_problem(message: str) -> str:
    words = {
        "Expecting value": "a value is expected here",
        "Expecting ',' delimiter": "a comma is expected here",
        "Expecting ':' delimiter": "a colon is expected here",
        "Expecting property name enclosed in double quotes": "a name in double quotes is expected here",
        "Extra data": "something follows the end of the value",
        "Unterminated string starting at": "a text is opened here and never closed",
        "Invalid control character at": "a line break or tab stands inside a text",
        "Invalid \\escape": "no such escape",
        "Invalid \\uXXXX escape": "an escape `\\u` takes four hexadecimal digits",
        "Illegal trailing comma before end of object": "a comma before a closing bracket",
        "Illegal trailing comma before end of array": "a comma before a closing bracket",
    }
    return words.get(message, message[:1].lower() + message[1:])


def _json_hint(text: str, index: int) -> str:
    if re.search(r",\s*\Z", text[max(0, index - 80) : index]) and text[index : index + 1] in ("}", "]"):
        return "JSON has no comma before a closing bracket"
    if text[index : index + 1] == "'":
        return "JSON takes double quotes only"
    if text[index : index + 1] in ("/", "#"):
        return "JSON has no comments"
    return ""


def _too_deep(text: str) -> int | None:
    """Where brackets nest too deep; the decoder recurses."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return None
    depth = 0
    for token in _JSON_TOKEN.finditer(text):
        mark = token.group()
        if mark in ("[", "{"):
            depth += 1
            if depth > MAX_DEPTH:
                return token.start()
        elif mark in ("]", "}"):
            depth -= 1
    return None


def _duplicate(text: str) -> tuple[int, str]:
    """The place and name of the first name that its mapping has already; `text` is sound JSON as far as that."""
    names: list[set[str] | None] = []
    tokens = list(_JSON_TOKEN.finditer(text))
    for n, token in enumerate(tokens):
        mark = token.group()
        if mark == "{":
            names.append(set())
        elif mark == "[":
            names.append(None)
        elif mark in ("}", "]"):
            if names:
                names.pop()
        elif (
            mark[0] == '"' and n + 1 < len(tokens) and tokens[n + 1].group() == ":" and names and names[-1] is not None
        ):
            name = json.loads(mark, strict=False)
            if name in names[-1]:
                return token.start(), name
            names[-1].add(name)
    return 0, "a name"


def _read_json_lines(text: str, file: str) -> Checked[Json]:
    values: list[Json] = []
    faults: list[Diagnostic] = []
    for n, line in enumerate(re.split("\r\n|\n|\r", text)):
        if not line.strip():
            continue
        one = _read_json(line, file, n)
        faults += one.diagnostics
        if not one.diagnostics:
            values.append(one.value)
    return Checked(None if faults else values, tuple(faults))
