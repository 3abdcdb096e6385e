"""The shot list as it was written: files read and merged, nothing rendered yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from wanspec.domain.json import Json
from wanspec.domain.nodes import Node


@dataclass(frozen=True, slots=True)
class Shot:
    """One entry under `shots:`, with the groups it stands in, outermost first."""

    id: str
    node: Node  # its mapping
    groups: tuple[Node, ...] = ()

    @property
    def file(self) -> str:
        return self.node.file


@dataclass(frozen=True, slots=True)
class ShotList:
    """One project.  Profiles are chosen and merged, groups are flattened; fields are still as written."""

    root: Path  # the project's folder, absolute
    name: str
    description: str
    node: Node  # the root document
    shots: tuple[Shot, ...]  # story order: included files in their order, then the root's own
    vars: Mapping[str, Node]  # effective: vars, profile, --vars, --var
    literal_vars: frozenset[str]  # names given by `--var`: text, not templates
    undeclared_vars: frozenset[str]  # those of them that stand nowhere else
    data: Mapping[str, Json]  # name -> rows (or any value) as templates see them
    data_files: Mapping[str, str]  # name -> file
    aliases: Mapping[str, Node]  # `models:` with the profile's on top: alias -> "provider/name"
    # Layers of `defaults` per kind, model or alias, lowest first: the list's own, then the profile's.
    defaults: Mapping[str, tuple[Node, ...]]
    prompts: tuple[str, ...]  # folders searched for templates
    output: str
    providers: Mapping[str, Json] = field(default_factory=dict)
    budget: Decimal | None = None
    silenced: frozenset[str] = frozenset()  # lint codes switched off for the whole list
    texts: Mapping[str, str] = field(default_factory=dict)  # file -> its text, for excerpts
    allowed_outside: tuple[Path, ...] = ()  # folders that the list names and the user agreed to
    prompt_texts: Mapping[str, str] = field(default_factory=dict)  # kept for excerpts of template files
