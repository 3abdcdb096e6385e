"""Keys: where they come from, where they may go, and how they are kept out of everything that is written."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from wanspec.catalogue.provider import Provider
from wanspec.domain.errors import NotSent

_LONG_ENOUGH = 8  # characters of a key whose other forms are no words by themselves

HIDDEN = "[hidden]"

# What makes an address of a bucket or a vendor's store open to whoever has it; also where the address stands in
# another one's query.
_SIGNED = re.compile(
    r"""((?:[?&]|%3F|%26)(?:x-(?:amz|goog)-(?:signature|credential|security-token)|signature|sig|token|"""
    r"""(?:aws|google)access(?:key)?id)(?:=|%3D))(?:(?!%26)[^&\s"'<>)\]},;])+""",
    re.IGNORECASE,
)


def unsigned(text: str) -> str:
    """The text with the signatures of the addresses in it taken out."""
    return _SIGNED.sub(rf"\1{HIDDEN}", text)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Texts that must not be written anywhere."""

    texts: tuple[str, ...] = ()

    def hide(self, text: str) -> str:
        for one in self.texts:
            text = text.replace(one, HIDDEN)
        return text

    def hide_in(self, value: Any) -> Any:
        """The same for every text of a JSON value."""
        if not self.texts:
            return value
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, Mapping):
            return {self.hide(str(name)): self.hide_in(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.hide_in(inner) for inner in value]
        return value


@dataclass(frozen=True, slots=True)
class Access:
    """Where a provider is, and what it is shown there.  Its text forms never show the key."""

    base: str  # without a password and without a slash at the end
    headers: Mapping[str, str] = field(repr=False)
    on_loopback: bool
    secrets: Secrets = field(default_factory=Secrets, repr=False)


def access_of(provider: Provider, environment: Mapping[str, str]) -> Access:
    """The address and the key of a provider.

    The environment's address goes before a shot list's, and that before the catalogue's.  Raises NotSent where there is
    no key, or none that may be sent to that address.
    """
    from_environment = environment.get(f"{provider.variable}_BASE_URL", "").strip()
    given = from_environment or provider.base_url or provider.origin
    parts = _address(provider, given, "" if from_environment else "the shot list")
    on_loopback = is_loopback(parts.hostname or "")
    if parts.scheme == "http" and not on_loopback:
        raise NotSent(
            f"`{provider.variable}_BASE_URL` is plain http, which is for this machine alone",
            hint="write `https://…`",
            code="base_url",
        )
    trusted = bool(from_environment) or on_loopback or (provider.built_in and not provider.base_url)
    if not trusted:
        raise NotSent(
            f"no key is sent to `{parts.hostname}`, which the project's own provider file names",
            hint=f"if you trust it, set `{provider.variable}_BASE_URL` to `{provider.origin}`",
            code="untrusted_provider",
        )
    key = key_of(provider, environment)
    if not key:
        raise NotSent(
            f"there is no key for `{provider.name}`",
            hint=f"set `{provider.variable}_API_KEY`; `--preview` needs none",
            code="key_missing",
        )
    headers = {**provider.headers, provider.key_header: provider.key_value.replace("{key}", key)}
    texts = {*_forms(key), *_passwords(parts)}
    if parts.username and provider.key_header.lower() != "authorization":
        import base64

        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        headers["Authorization"] = "Basic " + base64.b64encode(pair).decode("ascii")
    base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
    return Access(base, headers, on_loopback, Secrets(tuple(sorted((t for t in texts if t), key=len, reverse=True))))


def key_of(provider: Provider, environment: Mapping[str, str]) -> str:
    """The key, "" where there is none that can be used: one with a line break or beyond ASCII is as if missing."""
    name = f"{provider.variable}_API_KEY"
    key = environment.get(name) or _from_keyring(provider.name)
    return key if re.fullmatch(r"[\x21-\x7e]+", key) else ""


def _from_keyring(name: str) -> str:
    """The key that the system keeps under the service `wanspec`, where the keyring package is installed."""
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return ""
    try:
        return keyring.get_password("wanspec", name) or ""
    except keyring.errors.KeyringError:
        return ""


def _address(provider: Provider, given: str, whose: str) -> SplitResult:
    try:
        parts = urlsplit(given)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment
        _ = parts.port
    except ValueError:
        sound = False
    if not sound:
        where = f"the `base_url` of {whose}" if whose else f"`{provider.variable}_BASE_URL`"
        raise NotSent(
            f"{where} is no http address", hint="write `https://HOST` or `https://HOST/PATH`", code="base_url"
        )
    return parts


def _forms(key: str) -> set[str]:
    """A key as it is and as others may repeat it: in an address, in JSON, in HTML, in base64."""
    if len(key) < _LONG_ENOUGH:
        return {key, quote(key, safe="")}
    import base64
    import html

    # Wholly, as a path, and as one segment of a path (RFC 3986, section 3.3).
    quoted = {quote(key, safe=safe) for safe in ("", "/", "!$&'()*+,;=:@")}
    quoted |= {re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), one) for one in quoted}
    data = key.encode("ascii")
    # Without its padding, which is no secret and may be left out.
    encoded = {encode(data).decode("ascii").rstrip("=") for encode in (base64.b64encode, base64.urlsafe_b64encode)}
    written = {json.dumps(key)[1:-1], json.dumps(key)[1:-1].replace("/", "\\/"), html.escape(key)}
    return {key, *quoted, *encoded, *written}


def _passwords(parts: SplitResult) -> set[str]:
    return {one for word in (parts.password,) if word for one in (word, unquote(word))}


def is_loopback(host: str) -> bool:
    """Whether a host's name or address means this machine, without asking anybody."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
