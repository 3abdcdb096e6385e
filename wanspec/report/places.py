"""Places as other programs want them: from the root of the repository, not of the project."""

from __future__ import annotations

from collections.abc import Callable

from wanspec.domain.diagnostics import Diagnostic
from wanspec.report.escaping import visible

# A file's name in a Location -> its path from the repository's root, with `/`; None for what is no file: a `--var`.
Shown = Callable[[str], str | None]


def sentence(one: Diagnostic) -> str:
    """The message, with the number of items that it concerns."""
    count = f" ({one.count} items)" if one.count > 1 else ""
    return f"{visible(one.message)}{count}"
