"""Media on the way in: brought from where a request says they are, and looked at."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import tempfile
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from wanspec.emulator.troubles import Trouble

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_DATA = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w=.+-]+)*;base64,", re.ASCII)

_FETCH_S = 20.0
_MOST_FETCHED = 100_000_000

STAND_IN_SIZE = (1024, 768)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request holds a medium."""

    path: str  # native, "inputs.referenceImages[0]"
    text: str
    kind: str  # image, video, audio
    forms: tuple[str, ...]  # that the vendor takes there: uuid, url, data, base64


@dataclass(frozen=True, slots=True)
class Held:
    """A medium that was brought here.  Sizes in pixels, times in seconds."""

    place: Place
    sha256: str  # of the bytes, or of the address where they are out of reach
    file: Path | None = None  # None: a clip or sound behind a foreign address
    bytes: int = 0
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    media_type: str = ""

    @property
    def ratio(self) -> Fraction | None:
        return Fraction(self.width, self.height) if self.width and self.height else None


Inputs = Mapping[str, Held]  # native path -> what stands there


def form_of(text: str) -> str:
    if _UUID.fullmatch(text):
        return "uuid"
    if text[:8].lower().startswith(("http://", "https://")):
        return "url"
    if text[:5].lower() == "data:":
        return "data"
    return "base64"


def decoded(text: str, field: str = "") -> bytes:
    """The bytes of a data URI or of bare Base64.  Raises Trouble."""
    if text[:5].lower() == "data:":
        head = _DATA.match(text)
        if head is None:
            raise Trouble("bad_media", "The data URI is not of the form 'data:<type>;base64,<data>'.", field=field)
        text = text[head.end() :]
    try:
        found = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Trouble("bad_media", "The value is neither an address nor valid Base64.", field=field) from error
    if not found:
        raise Trouble("bad_media", "The media is empty.", field=field)
    return found


def keep(content: bytes, folder: Path) -> tuple[Path, str]:
    """Written under its digest, once."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = folder / f"in-{sha256}"
    _put(path, lambda part: part.write_bytes(content))
    return path, sha256


def _put(path: Path, write: Callable[[Path], object]) -> None:
    """Written whole or not at all, where it is not yet: another request may look for the same file right now."""
    if path.exists():
        return
    with tempfile.TemporaryDirectory(dir=path.parent) as apart:
        part = Path(apart) / path.name
        write(part)
        part.replace(path)


def look_at(place: Place, path: Path, sha256: str) -> Held:
    """Raises Trouble when the file is not what stands there."""
    from wanspec.domain.errors import MediaError
    from wanspec.media.probe import probe

    try:
        found = probe(path)
    except MediaError as error:
        raise Trouble("bad_media", f"The {place.kind} could not be read: {error.message}", field=place.path) from error
    if found.kind != place.kind:
        raise Trouble("bad_media", f"Expected {place.kind}, got {found.media_type}.", field=place.path)
    return Held(place, sha256, path, found.bytes, found.width, found.height, found.duration, found.media_type)


def is_near(text: str) -> bool:
    """Whether an address leads to this machine: to a bucket or a web server that plays its part in a rehearsal."""
    try:
        address = urlsplit(text)
        return address.scheme.lower() == "http" and address.hostname in ("127.0.0.1", "localhost", "::1")
    except ValueError:
        return False


def fetch(place: Place, folder: Path) -> tuple[Path, str]:
    """The file at an address on this machine, kept under its digest.  Raises Trouble."""
    opener = urllib.request.OpenerDirector()  # follows nothing, and knows no proxy
    opener.add_handler(urllib.request.HTTPHandler())
    try:
        with opener.open(place.text, timeout=_FETCH_S) as answer:
            status, content = answer.status, answer.read(_MOST_FETCHED + 1)
    except (OSError, HTTPException, ValueError) as error:
        raise Trouble("gone_media", f"The media could not be downloaded: {error}", field=place.path) from error
    if status != HTTPStatus.OK:
        words = f"The media could not be downloaded: {place.text} answers with HTTP {status}"
        raise Trouble("gone_media", words, field=place.path)
    if len(content) > _MOST_FETCHED:
        raise Trouble("bad_media", "The media is too large.", field=place.path)
    return keep(content, folder)


def stand_in(place: Place, folder: Path) -> Held:
    """In the place of a medium behind a foreign address: nothing is fetched from outside this machine.

    A picture is drawn in a colour of its own; a clip or a sound is only known to be there.
    """
    sha256 = hashlib.sha256(place.text.encode()).hexdigest()
    if place.kind != "image":
        return Held(place, sha256)
    from PIL import Image

    path = folder / f"stand-in-{sha256}.png"
    colour = tuple(bytes.fromhex(sha256[:6]))
    _put(path, lambda part: Image.new("RGB", STAND_IN_SIZE, colour).save(part))
    return Held(place, sha256, path, path.stat().st_size, *STAND_IN_SIZE, media_type="image/png")
