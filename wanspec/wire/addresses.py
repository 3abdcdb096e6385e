"""Which addresses of media are fetched: https and public ones, and loopback where the provider itself is there."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from wanspec.wire.secrets import is_loopback

# Host and port -> its addresses.  Raises OSError.
Resolve = Callable[[str, int], Awaitable[list[str]]]


class Forbidden(Exception):
    """An address that is not fetched; the text says why."""


# Where a network of IPv6 alone finds the rest of the world (RFC 6052), the last 32 bits being its IPv4 address; the
# second one leads to what the network itself says (RFC 8215).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.IPv6Network("::/96")


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
    try:
        host.encode("idna")  # as the system's resolver does, which says no more of a label that is empty or too long
        addresses = await resolve(host, port or 443)
    except ValueError:
        raise Forbidden("its host is no name") from None
    for address in addresses:
        if not _is_public(address):
            raise Forbidden(f"`{host}` is not a public address")
    if not addresses:
        raise OSError(f"`{host}` has no address")
    return Target(url, host, addresses[0])


def _is_public(address: str) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    if not found.is_global or found.is_multicast:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return True
    return not found.is_site_local and found not in _LOCAL_NAT64 and all(_is_public(str(one)) for one in _inside(found))


def _inside(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses that an address stands for."""
    if address in _NAT64 or address in _COMPATIBLE:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    for one in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())):
        if one is not None:
            yield one


def shown(url: str) -> str:
    """An address for people, without its signature and password; any text is taken."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0].rpartition("@")[2][:200]
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:200]
