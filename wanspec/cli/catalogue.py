"""The catalogue as the commands about models see it: built in, with those of the project one stands in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.cli.project import tell_diagnostics
from wanspec.cli.terminal import Terminal

if TYPE_CHECKING:
    from wanspec.catalogue.catalogue import Catalogue
    from wanspec.catalogue.model import Model


def project_here() -> Path | None:
    """The nearest project at or above the current folder; none is no fault."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "wanspec.yaml").is_file()), None)


def open_catalogue(terminal: Terminal) -> Catalogue:
    """Raises WrongShotList when the project's own schemas are faulty."""
    from wanspec.catalogue.catalogue import load_catalogue
    from wanspec.cli.faults import WrongShotList

    root = project_here()
    checked = load_catalogue(root / "schemas" if root is not None and (root / "schemas").is_dir() else None)
    tell_diagnostics(terminal, root or Path(), checked.diagnostics)
    if checked.value is None or not checked.ok:
        raise WrongShotList(checked.diagnostics)
    return checked.value


def model_called(catalogue: Catalogue, name: str) -> Model:
    """Raises UsageError with what may have been meant."""
    from wanspec.domain.errors import UsageError

    found = catalogue.get(name)
    if found is None:
        raise UsageError(f"no model is called `{name}`", hint=catalogue.suggest(name))
    return found
