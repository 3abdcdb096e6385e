"""Where `publish:` leads: a bucket, or a folder that a web server shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

FORMS_HINT = "write `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX` or `file:///FOLDER+https://ADDRESS`"

OUTSIDE_HINT = "name it under `allow_outside`, and agree with `--allow-outside`"


def no_way_hint(provider: str) -> str:
    """What to do about a file that a vendor takes by address only, and that has none."""
    return (
        f"give an https address, or a place of yours: `providers: {{{provider}: {{publish: s3://BUCKET}}}}`; "
        "`gs://BUCKET` and `file:///FOLDER+https://ADDRESS` do as well"
    )


_BUCKET = re.compile(
    r"(?P<scheme>s3|gs)://(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{1,221})(?P<prefix>(?:/(?!\.{1,2}(?:/|$))[^/\s?#]+)*)/?"
)
_FOLDER = re.compile(r"file://(?P<folder>.*?)\+(?P<address>[a-z0-9]+://.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A place in an object store."""

    scheme: str  # s3 or gs
    name: str
    prefix: str = ""  # without slashes at its ends

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.name}" + (f"/{self.prefix}" if self.prefix else "")


@dataclass(frozen=True, slots=True)
class ShownFolder:
    """A folder of this machine's, and the address under which its files are seen."""

    folder: str  # absolute
    address: str  # without a slash at its end


def read_place(text: str) -> Bucket | ShownFolder:
    """What `publish:` says.  Raises ValueError, whose text says what is wrong with it."""
    found = _BUCKET.fullmatch(text)
    if found is not None:
        return Bucket(found["scheme"], found["name"], found["prefix"].strip("/"))
    if text.startswith(("s3://", "gs://")):
        named = text[5:].strip("/").partition("/")[0] if not text[5:].startswith("/") else ""
        raise ValueError("its bucket or prefix has characters that none has" if named else "it names no bucket")
    found = _FOLDER.fullmatch(text)
    if found is None:
        raise ValueError(
            "it has no `+https://ADDRESS`" if text.startswith("file://") else "it is no place to publish at"
        )
    if not found["folder"].startswith("/"):
        raise ValueError("its folder is not absolute")
    return ShownFolder(found["folder"], _address(found["address"]))


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        sound = bool(parts.hostname) and not re.search(r"\s", text)
        _ = parts.port
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("what stands after `+` is no address")
    if parts.username or parts.password:
        raise ValueError("its address carries a password, which every vendor would see")
    if parts.query or parts.fragment:
        raise ValueError("its address goes on after the path")
    on_this_machine = (parts.hostname or "") in ("localhost", "::1") or (parts.hostname or "").startswith("127.")
    if parts.scheme != "https" and not (parts.scheme == "http" and on_this_machine):
        raise ValueError("its address is not https")
    return text.rstrip("/")
