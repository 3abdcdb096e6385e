"""Which addresses of media are fetched: https and public ones, and loopback where the provider itself is there."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from wanspec.wire.secrets import is_loopback

# Host and port -> its addresses.  Raises OSError.
Resolve = Callable[[str, int], Awaitable[list[str]]]


class Forbidden(Exception):
    """An address that is not fetched; the text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect for a URL: the address that was looked at is the one that is used."""

    url: str
    host: str
    address: str  # "" to connect by name, on loopback


async def look_up(host: str, port: int) -> list[str]:
    """The system's answer."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


async def target_of(url: str, *, loopback: bool, resolve: Resolve = look_up) -> Target:
    """Where a URL leads.  Raises Forbidden, and OSError when its name is not known.

    A name that stands for several addresses is refused when one of them is not public.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Forbidden("it is no address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise Forbidden(f"`{parts.scheme}` addresses are not fetched")
    if parts.username or parts.password:
        raise Forbidden("it carries a password")
    if is_loopback(host):
        if not loopback:
            raise Forbidden("it is on this machine")
        return Target(url, host, "")
    if parts.scheme != "https":
        raise Forbidden("it is not https")
    addresses = await resolve(host, port or 443)
    for address in addresses:
        if not _is_public(address):
            raise Forbidden(f"`{host}` is not a public address")
    if not addresses:
        raise OSError(f"`{host}` has no address")
    return Target(url, host, addresses[0])


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (mapped is None or _is_public(str(mapped)))
