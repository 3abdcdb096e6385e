"""All models by id: those that come with wanspec and those that a project brings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from wanspec.catalogue.model import LOCAL, Model
from wanspec.catalogue.model_file import FileFault, UnreadableModel, place_in, read_model
from wanspec.domain.diagnostics import Checked, Diagnostic, suggestion
from wanspec.domain.nodes import Location

NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
MAX_PROJECT_MODELS = 1000


@cache
def built_in_schemas() -> Path:
    """The folder `schemas/` that comes with wanspec: inside the wheel, else beside the package in a source checkout."""
    from importlib.resources import files

    inside = files("wanspec") / "schemas"
    if inside.is_dir():
        return Path(str(inside))
    return Path(__file__).resolve().parents[2] / "schemas"


class Catalogue:
    """Models by id.  Ids are known at once; a built-in model's file is read when it is first asked for."""

    def __init__(
        self, files: Mapping[str, Path], read: Mapping[str, Model], faulty: frozenset[str] = frozenset()
    ) -> None:
        self._files = dict(sorted(files.items()))
        self._read = dict(read)
        self._faulty = faulty  # ids of the project whose files cannot be used
        self._ids = tuple(sorted({*self._files, *self._read}))

    @property
    def models(self) -> Mapping[str, Model]:
        return _Models(self)

    def ids(self) -> tuple[str, ...]:
        return self._ids

    def get(self, model_id: str) -> Model | None:
        found = self._read.get(model_id)
        if found is None and (file := self._files.get(model_id)):
            found, faults = read_model(file, model_id)
            if faults:  # the tests read all of them: only a damaged installation comes here
                raise UnreadableModel(faults[0])
            self._read[model_id] = found
        return found

    def of_kind(self, kind: str) -> list[Model]:
        return [model for model in self.models.values() if model.kind == kind]

    def suggest(self, model_id: str) -> str:
        """What to type for an id that is not there."""
        if model_id in self._faulty:
            return "the project's file of this model cannot be used"
        if same := [one for one in self._ids if one.partition("/")[2] == model_id]:
            return "did you mean " + " or ".join(f"`{one}`" for one in same[:4]) + "?"
        if close := suggestion(model_id, self._ids):
            return close
        ends = {one.partition("/")[2]: one for one in reversed(self._ids)}
        if close := suggestion(model_id.rpartition("/")[2], ends):
            return f"did you mean `{ends[close.split('`')[1]]}`?"
        return "`wanspec models` lists all"


class _Models(Mapping[str, Model]):
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __getitem__(self, model_id: str) -> Model:
        found = self._catalogue.get(model_id)
        if found is None:
            raise KeyError(model_id)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._catalogue.ids())

    def __contains__(self, model_id: object) -> bool:
        return model_id in self._catalogue.ids()

    def __len__(self) -> int:
        return len(self._catalogue.ids())


def load_catalogue(project_schemas: Path | None = None) -> Checked[Catalogue]:
    """The built-in models, and those of a project's own `schemas/` folder, whose faults are told.

    Raises OSError when the built-in folder cannot be read: a damaged installation.
    """
    built_in = dict(model_files(built_in_schemas()))
    read: dict[str, Model] = {}
    told: list[Diagnostic] = []
    faulty: set[str] = set()
    if project_schemas is not None and project_schemas.is_dir():
        for number, (model_id, file) in enumerate(model_files(project_schemas)):
            shown = f"{project_schemas.name}/{file.relative_to(project_schemas).as_posix()}"
            if number >= MAX_PROJECT_MODELS:
                told.append(_fault(shown, FileFault("", f"is one too many: a project brings {number} models at most")))
                break
            model, faults = _project_model(project_schemas, file, model_id, shown, built_in)
            told.extend(faults)
            if model is not None:
                read[model_id] = model
            else:
                faulty.add(model_id)
    return Checked(Catalogue(built_in, read, frozenset(faulty)), tuple(told))


def model_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """`PROVIDER/MODEL.json` as id and file, sorted.  What lies elsewhere in the folder is no model."""
    for provider in sorted(folder.iterdir()):
        if provider.is_dir() and NAME.fullmatch(provider.name):
            for file in sorted(provider.glob("*.json")):
                if NAME.fullmatch(file.stem):
                    yield f"{provider.name}/{file.stem}", file


def _project_model(
    folder: Path, file: Path, model_id: str, shown: str, built_in: Mapping[str, Path]
) -> tuple[Model | None, list[Diagnostic]]:
    if model_id in built_in:
        what = FileFault("", f"redefines the built-in model `{model_id}`", "give the model a name of its own")
        return None, [_fault(shown, what, code="WS291")]
    if model_id.startswith(f"{LOCAL}/"):
        what = FileFault("", "is in `local/`, whose models are operations of wanspec", "choose another provider's name")
        return None, [_fault(shown, what, code="WS291")]
    if not file.resolve().is_relative_to(folder.resolve()):
        return None, [_fault(shown, FileFault("", "is a link that leaves the project"))]
    try:
        model, faults = read_model(file, model_id)
    except UnreadableModel as error:
        return None, [_fault(shown, error.fault, line=error.line, column=error.column)]
    except OSError as error:
        return None, [_fault(shown, FileFault("", f"cannot be read: {(error.strerror or str(error)).lower()}"))]
    if not faults:
        faults = schema_faults(model)
    if not faults:
        return model, []
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    places = [(fault, *place_in(text, fault.path)) for fault in faults]
    return None, [_fault(shown, fault, line=line, column=column) for fault, line, column in places]


def schema_faults(model: Model) -> tuple[FileFault, ...]:
    """What the meta-schema of JSON Schema 2020-12 says against a model's schema."""
    from wanspec.catalogue.keywords import meta_faults

    return tuple(FileFault(path, message) for path, message in meta_faults(model.schema))


def _fault(file: str, fault: FileFault, *, code: str = "WS290", line: int = 1, column: int = 1) -> Diagnostic:
    subject = f"`{fault.path}`" if fault.path else "the model file"
    return Diagnostic(
        code=code,
        message=f"{subject} {fault.message}",
        at=Location(file, line, column, fault.path),
        hint=fault.hint,
        rule=fault.path,
    )
