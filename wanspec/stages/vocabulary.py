"""Names of the root file that only the catalogue can judge: vendors under `providers`, models under `defaults`.

All profiles are looked at, whichever was chosen: a slip of the pen is not to be found on the day of the final render.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from wanspec.catalogue.catalogue import Catalogue, built_in_schemas
from wanspec.catalogue.model import LOCAL
from wanspec.domain.diagnostics import Diagnostic, suggestion
from wanspec.domain.nodes import Node
from wanspec.domain.shotlist import ShotList


def unknown_names(shots: ShotList, catalogue: Catalogue) -> tuple[Diagnostic, ...]:
    """Vendors and models that are named in the root file and nowhere else."""
    found: list[Diagnostic] = []
    providers: frozenset[str] = frozenset()
    for place in _layers(shots.node):
        for name, node in _entries(place, "providers"):
            providers = providers or _providers(shots.root, catalogue)
            if name not in providers:
                hint = suggestion(name, providers) or "there is " + ", ".join(f"`{one}`" for one in sorted(providers))
                found.append(Diagnostic("WS101", f"no provider is called `{name}`", node.key_at, hint))
        for name, node in _entries(place, "defaults"):
            if "/" in name and name not in catalogue.models:
                message = f"no model is called `{name}`"
                found.append(Diagnostic("WS201", message, node.key_at, catalogue.suggest(name)))
    return tuple(found)


def _layers(root: Node) -> Iterator[Node]:
    yield root
    yield from (profile for _, profile in _entries(root, "profiles"))


def _entries(node: Node, name: str) -> list[tuple[str, Node]]:
    held = node.mapping.get(name)
    return list(held.mapping.items()) if held is not None else []


def _providers(root: Path, catalogue: Catalogue) -> frozenset[str]:
    """Those with a model, and those with a file of their own and no model yet."""
    from wanspec.catalogue.providers import provider_files

    names = {one.partition("/")[0] for one in catalogue.ids()}
    for folder in (built_in_schemas(), root / "schemas"):
        if folder.is_dir():
            names.update(name for name, _ in provider_files(folder))
    return frozenset(names - {LOCAL})
