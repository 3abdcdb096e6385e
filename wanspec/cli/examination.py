"""What `wanspec doctor` looks at."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wanspec.cli.catalogue import project_here
from wanspec.report.doctor import Finding

if TYPE_CHECKING:
    from wanspec.catalogue.catalogue import Catalogue

# Encoders that the preview and the local models write with (libav's names).
_ENCODERS = ("libx264", "aac", "libvpx-vp9", "libopus")
_STILLS = ("JPEG", "PNG", "WEBP")


def examine() -> list[Finding]:
    """Every finding, in the order in which one would mend them."""
    root = project_here()
    findings = [_python(), _guarded("codecs", _codecs), _guarded("pictures", _pictures)]
    catalogue, about = _catalogue(root)
    findings.append(about)
    findings.append(_cache(root))
    findings += _keys(catalogue)
    return findings


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", sys.version_info >= (3, 11), f"Python {found}", "wanspec needs Python 3.11 or newer")


def _guarded(name: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except (ImportError, OSError) as error:
        return Finding(name, False, f"cannot be loaded: {error}", "install wanspec again in a clean environment")


def _codecs() -> Finding:
    import av
    from av.codec import codecs_available

    missing = [one for one in _ENCODERS if one not in codecs_available]
    if missing:
        return Finding(
            "codecs", False, "no encoder " + ", ".join(missing), "install PyAV from its wheel: `pip install av`"
        )
    return Finding("codecs", True, f"PyAV {av.__version__} writes H.264, VP9, AAC and Opus")


def _pictures() -> Finding:
    import PIL
    from PIL import Image

    Image.init()
    missing = [one for one in _STILLS if one not in Image.SAVE]
    if missing:
        return Finding("pictures", False, "no encoder " + ", ".join(missing), "install Pillow from its wheel")
    return Finding("pictures", True, f"Pillow {PIL.__version__} writes JPEG, PNG and WEBP")


def _catalogue(root: Path | None) -> tuple[Catalogue | None, Finding]:
    from wanspec.catalogue.catalogue import load_catalogue

    folder = root / "schemas" if root is not None and (root / "schemas").is_dir() else None
    checked = load_catalogue(folder)
    wrong = [one for one in checked.diagnostics if one.is_error]
    if checked.value is None or wrong:
        first = f"{wrong[0].at.file}: {wrong[0].message}" if wrong else "cannot be read"
        return checked.value, Finding("catalogue", False, first, "`wanspec check` shows every fault")
    count = len(list(checked.value.ids()))
    return checked.value, Finding("catalogue", count > 0, f"{count} models", "install wanspec again")


def _cache(root: Path | None) -> Finding:
    """Whether the store could be written.  Nothing is created where it is not there yet."""
    given = os.environ.get("WANSPEC_STORE")
    if given:
        folder = Path(given).expanduser()
    elif root is not None:
        folder = root / ".wanspec"
    else:
        return Finding("cache", True, "no project here; each project has its own `.wanspec`")
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        return Finding("cache", False, f"`{there}` is a file", "name a folder in WANSPEC_STORE, or move the file away")
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding("cache", False, f"`{there}` cannot be written", "change its permissions, or set WANSPEC_STORE")
    return Finding("cache", True, f"`{folder}` can be written")


def _keys(catalogue: Catalogue | None) -> Iterator[Finding]:
    """One note for each vendor of the catalogue.  Says whether a key is set, never any of its characters."""
    if catalogue is None:
        return
    for provider in sorted({id.partition("/")[0] for id in catalogue.ids()} - {"local"}):
        name = f"{provider.upper().replace('-', '_')}_API_KEY"
        value = os.environ.get(name, "")
        if not value:
            yield Finding(provider, False, f"{name} is not set", f"export {name}=… to render with it", needed=False)
        elif not value.isascii() or not value.isprintable() or value != value.strip():
            yield Finding(
                provider,
                False,
                f"{name} cannot be a key",
                "it has spaces, line breaks or foreign letters",
                needed=False,
            )
        else:
            yield Finding(provider, True, f"{name} is set", needed=False)
