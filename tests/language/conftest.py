"""Small shot lists, written to disk, loaded, expanded and resolved."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from wanspec.domain.diagnostics import Diagnostic
from wanspec.domain.items import Item
from wanspec.domain.requests import Request
from wanspec.pipeline import Given, Prepared, prepare

HEAD = """\
wanspec: 1
name: test
models: {still: runware/wan2.7-image, motion: runware/wan2.7-video}
defaults:
  image: {model: still, width: 1536, height: 864}
  video: {model: motion, width: 1280, height: 720, duration: 5, prompt_enhance: false}
"""


@dataclass(frozen=True)
class Seen:
    """What came of a shot list."""

    prepared: Prepared | None
    diagnostics: tuple[Diagnostic, ...]
    root: Path

    @property
    def items(self) -> dict[str, Item]:
        assert self.prepared is not None, self.told()
        return dict(self.prepared.items.by_id)

    @property
    def ids(self) -> list[str]:
        return list(self.items)

    def request(self, item: str) -> Request:
        assert self.prepared is not None, self.told()
        return self.prepared.requests[item]

    def native(self, item: str) -> dict[str, object]:
        return dict(self.request(item).native)

    def prompt(self, item: str) -> object:
        return self.native(item)["positivePrompt"]

    @property
    def faults(self) -> list[Diagnostic]:
        return [one for one in self.diagnostics if one.is_error]

    @property
    def codes(self) -> list[str]:
        return [one.code for one in self.faults]

    @property
    def lints(self) -> list[str]:
        return [one.code for one in self.diagnostics if not one.is_error]

    def the_fault(self) -> Diagnostic:
        assert len(self.faults) == 1, self.told()
        return self.faults[0]

    def told(self) -> str:
        return "\n".join(
            f"{d.code} {d.at.file}:{d.at.line}:{d.at.column} {d.at.path}: {d.message} | {d.hint} ({d.count})"
            for d in self.diagnostics
        )


See = Callable[..., Seen]


@pytest.fixture
def see(tmp_path: Path) -> See:
    """`see(yaml, head=True, files={...}, **given)`: the yaml follows a head with models and sizes."""

    def look(yaml: str, *, head: bool = True, files: dict[str, str | bytes] | None = None, **given: object) -> Seen:
        for name, content in (files or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(textwrap.dedent(content), encoding="utf-8")
        text = (HEAD if head else "") + textwrap.dedent(yaml)
        (tmp_path / "wanspec.yaml").write_text(text, encoding="utf-8")
        checked = prepare(Given(tmp_path, **given))  # type: ignore[arg-type]
        return Seen(checked.value, checked.diagnostics, tmp_path)

    return look
