"""Loading: from files on disk to one shot list, profile chosen, groups flattened, fields still as written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from wanspec.domain.diagnostics import Checked, Diagnostic, Severity, suggestion
from wanspec.domain.json import Json
from wanspec.domain.nodes import Location, Node, merged
from wanspec.domain.publishing import OUTSIDE_HINT, ShownFolder, read_place
from wanspec.domain.shotlist import Shot, ShotList
from wanspec.reading.marked_yaml import MAX_BYTES, collector_at_rest, decode, direction_mark, read_yaml
from wanspec.reading.project_files import ROOT_FILE, PathFault, ProjectFiles
from wanspec.reading.structure import Structure, variable_fault
from wanspec.reading.tables import level_rows, read_data, typed_text


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says about reading."""

    project: Path  # the project's folder, or its wanspec.yaml
    profile: str | None = None
    vars: tuple[tuple[str, str], ...] = ()  # `--var`, in order
    vars_files: tuple[Path, ...] = ()  # `--vars`, relative to the current folder, in order
    max_items: int = 200_000
    allow_outside: tuple[Path, ...] = ()  # folders that the user lets the list read
    texts: Mapping[str, str] = field(
        default_factory=dict
    )  # files by name, as they would be: read instead of the disk's


def load(given: Given) -> Checked[ShotList]:
    """The shot list of a project.  The value is None only where its root file cannot be read."""
    root = Path(os.path.abspath(given.project))  # noqa: PTH100 -- a linked project keeps the name its user gave it
    if root.name == ROOT_FILE and not root.is_dir():
        root = root.parent
    with collector_at_rest():
        return _Loading(given, root).shot_list()


class _Loading:
    def __init__(self, given: Given, root: Path) -> None:
        self.given = given
        self.files = ProjectFiles(root)
        self.structure = Structure()
        self.found: list[Diagnostic] = []
        self.texts: dict[str, str] = {}
        self.undeclared: set[str] = set()  # variables of `--var` that no file has

    def shot_list(self) -> Checked[ShotList]:
        document = self._document(ROOT_FILE, Location(ROOT_FILE))
        if document is None or not self.structure.root(document):
            return Checked(None, self._diagnostics(frozenset()))
        self.files = ProjectFiles(self.files.root, _texts(document, "allow_outside"), self.given.allow_outside)
        profile = self._profile(document)
        included = self._included(document)
        variables = self._variables(document, included, profile)
        shots = [shot for part in (*included, document) for shot in self._shots(part, ())]
        silenced = _silenced(document)
        providers = _laid_over(_plain(document, "providers"), _plain(profile, "providers"))
        self._places(document, profile)
        value = ShotList(
            root=self.files.root,
            name=_text(document, "name") or "unnamed",
            description=_text(document, "description"),
            node=document,
            shots=tuple(shots),
            vars=variables,
            literal_vars=frozenset(name for name, _ in self.given.vars if name in variables),
            undeclared_vars=frozenset(self.undeclared),
            data=self._data(document),
            data_files={name: str(node.value) for name, node in _entries(document, "data") if node.value is not None},
            aliases={n: m for n, m in _both(document, profile, "models") if m.value is not None},
            defaults=_defaults(document, profile),
            prompts=self._prompts(document),
            output=self._output(document),
            providers=providers if isinstance(providers, dict) else {},
            budget=_budget(document, profile),
            silenced=silenced,
            texts=self.texts,
            allowed_outside=self.files.allowed_outside,
        )
        return Checked(value, self._diagnostics(silenced))

    def _diagnostics(self, silenced: frozenset[str]) -> tuple[Diagnostic, ...]:
        """In the order of the files, and of the lines within each."""
        found = [one for one in (*self.found, *self.structure.faults) if one.is_error or one.code not in silenced]
        order = {file: n for n, file in enumerate(self.texts)}
        return tuple(sorted(found, key=lambda one: (order.get(one.at.file, len(order)), one.at.line, one.at.column)))

    # -- files ---------------------------------------------------------------------------------------------------

    def _document(self, path: str, asked_at: Location, *, may_be_empty: bool = False) -> Node | None:
        """One YAML file of the project."""
        text = self._text_of(path, asked_at, what="the root file" if path == ROOT_FILE else "the file")
        if text is None:
            return None
        name = self._named(path)
        document = read_yaml(
            text, name, may_be_empty=may_be_empty, first="`wanspec: 1`; `wanspec init` makes a whole one"
        )
        self.found += document.diagnostics
        return document.value

    def _named(self, path: str) -> str:
        return self.files.name_of(Path(os.path.normpath(self.files.root / path)))

    def _text_of(self, path: str, asked_at: Location, *, what: str) -> str | None:
        try:
            name, data = self.files.read_bytes(path, what=what, limit=MAX_BYTES)
        except PathFault as fault:
            self.found.append(self._path_fault(fault, asked_at, path))
            return None
        text = Checked(self.given.texts[name]) if name in self.given.texts else decode(data, name)
        self.found += text.diagnostics
        if text.value is not None:
            self.texts[name] = text.value
        return text.value

    def _path_fault(self, fault: PathFault, at: Location, path: str) -> Diagnostic:
        if path == ROOT_FILE:
            hint = fault.hint
            if fault.rule == "missing":
                hint = "`wanspec init` makes a project that works at once"
            return Diagnostic("WS001", fault.message, at, hint)
        code = {"missing": "WS002", "large": "WS010"}.get(fault.rule, "WS020")
        return Diagnostic(code, fault.message, at, fault.hint)

    def _included(self, root: Node) -> list[Node]:
        """The included documents in order, each once."""
        documents: list[Node] = []
        seen = {ROOT_FILE}
        for entry in _list(root, "include"):
            text = str(entry.value)
            try:
                is_pattern = self.files.is_pattern(text)
                names = self.files.glob(text) if is_pattern else [text]
            except PathFault as fault:
                self.found.append(self._path_fault(fault, entry.at, text))
                continue
            for name in names:
                plain = os.path.normpath(name).replace(os.sep, "/")
                if plain == ROOT_FILE and not is_pattern:
                    message = f"`{ROOT_FILE}` includes itself"
                    self.found.append(Diagnostic("WS020", message, entry.at, "remove it from `include`"))
                if plain in seen:
                    continue
                seen.add(plain)
                document = self._document(name, entry.at, may_be_empty=True)
                if document is not None and self.structure.included(document):
                    documents.append(document)
        return documents

    def _data(self, root: Node) -> dict[str, Json]:
        data: dict[str, Json] = {}
        for name, node in _entries(root, "data"):
            if node.value is None:
                continue
            path = str(node.value)
            text = self._text_of(path, node.at, what="the data file")
            if text is None:
                continue
            table = read_data(text, self._named(path))
            self.found += table.diagnostics
            if any(one.is_error for one in table.diagnostics):
                continue
            if lint := direction_mark(text, self._named(path)):
                self.found += [lint] if lint not in table.diagnostics else []
            value = table.value
            rows = isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)
            data[name] = level_rows(value) if rows else value  # type: ignore[arg-type]
        return data

    # -- choices -------------------------------------------------------------------------------------------------

    def _profile(self, root: Node) -> Node | None:
        wanted = self.given.profile
        if wanted is None:
            return None
        profiles = dict(_entries(root, "profiles"))
        if wanted in profiles:
            return profiles[wanted]
        written = root.mapping.get("profiles")
        if profiles:
            hint = suggestion(wanted, profiles) or "there is " + ", ".join(f"`{name}`" for name in profiles)
        else:
            hint = "the list has no `profiles`"
        at = written.key_at if written is not None else Location(root.file, 1, 1, "profiles")
        self.found.append(Diagnostic("WS109", f"no profile is called `{wanted}`", at, hint))
        return None

    def _variables(self, root: Node, included: Iterable[Node], profile: Node | None) -> dict[str, Node]:
        variables = dict(_entries(root, "vars"))
        for document in included:
            for name, node in _entries(document, "vars"):
                if (first := variables.get(name)) is None:
                    variables[name] = node
                elif first.file != node.file:
                    self.found.append(
                        Diagnostic(
                            "WS107",
                            f"the variable `{name}` is given in two files",
                            node.key_at,
                            "keep one of the two; a profile or `--var` overrides it",
                            also=((first.key_at, "first given here"),),
                        )
                    )
        for name, node in _entries(profile, "vars"):
            variables[name] = merged(variables[name], node) if name in variables else node
        for path in self.given.vars_files:
            for name, node in self._variables_file(path):
                variables[name] = merged(variables[name], node) if name in variables else node
        for name, text in self.given.vars:
            node = Node(typed_text(text), "--var", 1, 1, key=name, key_line=1, key_column=1)
            if fault := variable_fault(name):
                at = Location("--var", 1, 1, name)
                self.found.append(Diagnostic("WS106", f"no variable can be called `{name}`: {fault[0]}", at, fault[1]))
            elif any("\ud800" <= character <= "\udfff" for character in text):
                at = Location("--var", 1, 1, name)
                self.found.append(
                    Diagnostic("WS003", f"the value of `{name}` is not UTF-8", at, "put it into a file for `--vars`")
                )
            else:
                if name not in variables:
                    self.undeclared.add(name)
                variables[name] = node
        return variables

    def _variables_file(self, path: Path) -> Iterable[tuple[str, Node]]:
        """What the user names on the command line may lie anywhere."""
        name = path.as_posix()
        try:
            if not path.is_file():
                what = "is a folder" if path.is_dir() else "is no ordinary file" if path.exists() else "does not exist"
                self.found.append(Diagnostic("WS002", f"`{name}` {what}", Location(name), "`--vars` takes a YAML file"))
                return []
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            self.found.append(
                Diagnostic(
                    "WS002",
                    f"`{name}` cannot be read: {reason[:1].lower()}{reason[1:]}",
                    Location(name),
                    "check its permissions",
                )
            )
            return []
        text = decode(data, name)
        self.found += text.diagnostics
        if text.value is None:
            return []
        self.texts[name] = text.value
        document = read_yaml(text.value, name, may_be_empty=True)
        self.found += document.diagnostics
        if document.value is None:
            return []
        self.structure.variables_file(document.value)
        return list(document.value.mapping.items())

    # -- shots ---------------------------------------------------------------------------------------------------

    def _shots(self, holder: Node, groups: tuple[Node, ...]) -> Iterable[Shot]:
        for entry in _list(holder, "shots"):
            usable = self.structure.shot(entry)
            if not isinstance(entry.value, dict):
                continue
            if "shots" in entry.value and entry.value["shots"].value is not None:
                yield from self._shots(entry, (*groups, entry))
            else:
                # Without an id of its own it goes by its place: what else is wrong with it can still be told.
                named = usable and "id" in entry.value  # a group without its `shots` needs no name either
                yield Shot(str(entry.value["id"].value) if named else f"{entry.file}:{entry.path}", entry, groups)

    # -- folders -------------------------------------------------------------------------------------------------

    def _prompts(self, root: Node) -> tuple[str, ...]:
        folders = []
        for entry in _list(root, "prompts"):
            path = str(entry.value)
            try:
                self.files.confined(path, what="the folder of prompts")
            except PathFault as fault:
                self.found.append(self._path_fault(fault, entry.at, path))
                continue
            if (self.files.root / path).is_file():
                message = f"`{path}` is a file, not a folder of prompts"
                self.found.append(Diagnostic("WS020", message, entry.at, "name the folder that it is in"))
                continue
            folders.append(os.path.normpath(path).replace(os.sep, "/"))
        return (
            tuple(folders) if "prompts" in root.mapping and root.mapping["prompts"].value is not None else ("prompts",)
        )

    def _places(self, root: Node, profile: Node | None) -> None:
        """Warns of folders to publish in that a render would not write to.  They need not be there yet."""
        publishes = {
            name: provider.mapping["publish"]
            for part in (root, profile)
            for name, provider in _entries(part, "providers")
            if isinstance(provider.value, dict) and "publish" in provider.mapping
        }
        for node in publishes.values():
            place = read_place(str(node.value)) if node.value else None
            if not isinstance(place, ShownFolder):
                continue
            try:
                self.files.confined(place.folder, what="the folder of `publish`")
            except PathFault as fault:
                message = f"`publish` names `{place.folder}`, which is outside the project"
                if fault.rule != "outside":
                    message = f"`publish` cannot be used: {fault.message}"
                self.found.append(
                    Diagnostic("WS414", message, node.at, OUTSIDE_HINT, severity=Severity.WARNING, rule="publish")
                )

    def _output(self, root: Node) -> str:
        """The folder of results: in the project, and no link on the way to it."""
        node = root.mapping.get("output")
        if node is None or node.value is None:
            return self._checked_output("renders", Location(root.file, 1, 1, "output"))
        return self._checked_output(str(node.value), node.at)

    def _checked_output(self, text: str, at: Location) -> str:
        def fault(message: str, hint: str) -> str:
            self.found.append(Diagnostic("WS111", message, at, hint))
            return "renders"

        plain = os.path.normpath(text).replace(os.sep, "/") if text.strip() else ""
        if plain in ("", "."):
            return fault("`output` names no folder of its own", "write `output: renders`")
        if any(character < " " or character == "\x7f" for character in text):
            return fault("`output` holds a control character", "write `output: renders`")
        if plain.startswith(("../", "/")) or plain == ".." or Path(plain).is_absolute():
            return fault(f"`output` leaves the project: `{text}`", "name a folder in the project")
        if plain.split("/")[0] in (".wanspec", ".git"):
            return fault(
                f"`output` lies in `{plain.split('/')[0]}`, which is not for results", "write `output: renders`"
            )
        step = self.files.root
        for part in plain.split("/"):
            step = step / part
            try:
                if step.is_symlink():
                    return fault(
                        f"`{self.files.name_of(step)}` is a link; nothing is written through one", "make it a folder"
                    )
                if step.exists() and not step.is_dir():
                    return fault(f"`{self.files.name_of(step)}` is a file, not a folder", "name another folder")
            except OSError as error:
                return fault(f"`output` cannot be used: {error.strerror or error}", "name another folder")
        return plain


def _text(node: Node, name: str) -> str:
    value = node.mapping.get(name)
    return value.value if value is not None and isinstance(value.value, str) else ""


def _list(node: Node, name: str) -> list[Node]:
    """The entries of a list; of a text, that one."""
    value = node.mapping.get(name)
    if value is None or value.value is None:
        return []
    return [value] if isinstance(value.value, str) else list(value.sequence)


def _texts(node: Node, name: str) -> list[str]:
    return [one.value for one in _list(node, name) if isinstance(one.value, str)]


def _entries(node: Node | None, name: str) -> list[tuple[str, Node]]:
    value = node.mapping.get(name) if node is not None else None
    return list(value.mapping.items()) if value is not None else []


def _both(root: Node, profile: Node | None, name: str) -> Iterable[tuple[str, Node]]:
    return {**dict(_entries(root, name)), **dict(_entries(profile, name))}.items()


def _defaults(root: Node, profile: Node | None) -> dict[str, tuple[Node, ...]]:
    layers: dict[str, tuple[Node, ...]] = {}
    for place in (root, profile):
        for name, node in _entries(place, "defaults"):
            if node.value is not None:
                layers[name] = (*layers.get(name, ()), node)
    return layers


def _silenced(root: Node) -> frozenset[str]:
    return frozenset(code for code, word in _entries(root, "lint") if word.value in ("off", False))


def _plain(node: Node | None, name: str) -> Json:
    value = node.mapping.get(name) if node is not None else None
    return value.plain() if value is not None else None


def _laid_over(lower: Json, upper: Json) -> Json:
    """Merged at every depth; null is as if not written, and drops what it is laid over."""
    if not isinstance(upper, Mapping):
        return upper if upper is not None else _without_nulls(lower)
    laid = dict(lower) if isinstance(lower, Mapping) else {}
    for name, value in upper.items():
        if value is None:
            laid.pop(name, None)
        else:
            laid[name] = _laid_over(laid.get(name), value)
    return _without_nulls(laid)


def _without_nulls(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return value


def _budget(root: Node, profile: Node | None) -> Decimal | None:
    budget = None
    for place in (root, profile):
        for name, node in _entries(place, "budget"):
            if name == "usd":
                number = isinstance(node.value, int | float)
                budget = Decimal(str(node.value)) if number else None
    return budget
