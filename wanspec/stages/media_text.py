"""Media written as text: what a path, a URL or a data URI in a place for media stands for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from wanspec.catalogue.media import form_of
from wanspec.domain.artifacts import Artifact
from wanspec.domain.errors import MediaError
from wanspec.reading.project_files import PathFault, ProjectFiles
from wanspec.stages.inspection import Inspection
from wanspec.stages.keys import content_of_url

_DATA = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+)?(?:;[\w-]+=[^;,]*)*(?P<base64>;base64)?,", re.ASCII)


@dataclass(frozen=True, slots=True)
class Written:
    """A text in a place for media, told apart."""

    form: str  # path, url, data, uuid, base64
    text: str


def read_medium(text: str, forms: tuple[str, ...]) -> Written:
    """What a text stands for.  A vendor's own handles and bare base64 count only where the vendor takes them."""
    form = form_of(text)
    if form in ("uuid", "base64") and form not in forms:
        form = "path"
    return Written(form or "path", text)


def bytes_of(written: Written) -> bytes:
    """The bytes in a data URI or bare base64.  Raises MediaError."""
    try:
        if written.form == "base64":
            return base64.b64decode("".join(written.text.split()), validate=True)
        head = _DATA.match(written.text)
        if head is None:
            raise MediaError("the data URI has no comma after its type", hint="write `data:image/png;base64,…`")
        rest = written.text[head.end() :]
        if head["base64"]:
            return base64.b64decode("".join(rest.split()), validate=True)
        return unquote_to_bytes(rest)
    except (binascii.Error, ValueError) as error:
        raise MediaError(f"the data cannot be decoded: {error}", hint="it must be base64") from error


class WrittenMedia:
    """Looks up media that are written as text: each text once."""

    def __init__(
        self, files: ProjectFiles, digest_of_file: Callable[[Path], str], inspection: Inspection | None = None
    ) -> None:
        self._files = files
        self._digest_of_file = digest_of_file
        self._inspection = inspection or Inspection()
        self._content: dict[Written, str | None] = {}

    def locate(self, text: str) -> Path:
        """Raises PathFault."""
        return self._files.locate(text, what="media")

    def look_at_file(self, text: str) -> Artifact:
        """What the file at a path holds, found whole.

        Raises PathFault, OSError for what cannot be opened, and MediaError for what is no medium, or damaged, which
        is named as it is written.
        """
        path = self.locate(text)
        try:
            return self._inspection.of_file(path)
        except MediaError as error:
            message = error.message.replace(f"`{path.name}`", f"`{text}`")
            raise MediaError(message, hint=error.hint, code=error.code) from error

    def facts(self, text: str) -> Artifact | None:
        """What a file or data holds; None for what is known by a handle only, and for what cannot be read."""
        written = read_medium(text, ())
        try:
            if written.form == "path":
                return self.look_at_file(text)
            return self._inspection.of_data(bytes_of(written)) if written.form == "data" else None
        except (PathFault, MediaError, OSError):
            return None

    def content(self, text: str, forms: tuple[str, ...] = ()) -> str | None:
        """`sha256:HEX` of the bytes, `url:…` or `uuid:…` where only a handle is known; None for what cannot be read."""
        written = read_medium(text, forms)  # one text is a handle for one vendor and a path for another
        if written not in self._content:
            self._content[written] = self._find(written)
        return self._content[written]

    def _find(self, written: Written) -> str | None:
        if written.form == "url":
            return content_of_url(written.text)
        if written.form == "uuid":
            return f"uuid:{written.text.lower()}"
        try:
            if written.form == "path":
                return f"sha256:{self._digest_of_file(self.locate(written.text))}"
            return f"sha256:{hashlib.sha256(bytes_of(written)).hexdigest()}"
        except (PathFault, MediaError, OSError):
            return None
