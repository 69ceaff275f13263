"""Which links and which network addresses may be asked.

A link in a result may lead anywhere: to this machine, to a neighbour, to the secrets that clouds keep at
169.254.169.254. The table is our own, since what Python calls global differs from version to version.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from timeline.errors import FetchError, ParameterError
from timeline.sinks import show, terminal_text

MOST_URL_CHARACTERS = 4096

_NOT_PUBLIC_4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network: 0.0.0.0 reaches this machine
        "10.0.0.0/8",
        "100.64.0.0/10",  # between a provider and its customers; some clouds keep their secrets here
        "127.0.0.0/8",
        "169.254.0.0/16",  # this link only, and the secrets of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # for documents, as are 198.51.100 and 203.0.113
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # special purposes, Teredo among them
        "2001:db8::/32",
        "3fff::/20",
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP_IDS = (0x0000_5EFE, 0x0200_5EFE)
"""The upper half of an interface id whose lower half is an IPv4 address."""

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>[^#]*)(?:#.*)?", re.I
)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Policy:
    """Which hosts may be asked beyond the public internet.

    Attributes:
        allowed_hosts: ``"host"`` or ``"host:port"`` in lower case, an IPv6 address in brackets. Such a host
            may have a private address, and a port other than 80 and 443.
    """

    allowed_hosts: frozenset[str] = frozenset()


def policy_of(names: Iterable[str]) -> Policy:
    """Return the policy that lets the servers *names* in as well.

    Args:
        names: Each ``host`` or ``host:port``; an IPv6 address in brackets where a port follows.

    Raises:
        ParameterError: A name is none.

    Example:
        >>> sorted(policy_of(["Store.Lab:8080", "::1"]).allowed_hosts)
        ['[::1]', 'store.lab:8080']
    """
    return Policy(frozenset(map(_allowed_host, names)))


def _allowed_host(name: str) -> str:
    lowered = name.lower()
    with contextlib.suppress(ValueError):
        return f"[{ipaddress.IPv6Address(lowered)}]"
    authority = _AUTHORITY.fullmatch(lowered)
    host = _plain_host(authority["host"]) if authority else None
    if authority is None or host is None:
        raise ParameterError(f"expected HOST or HOST:PORT of a server to allow, got {show(name)}")
    return host if authority["port"] is None else f"{host}:{int(authority['port'])}"


def is_public(address: str) -> bool:
    """Return whether an IPv4 or IPv6 address belongs to the public internet.

    An IPv6 address that stands for an IPv4 address is judged by that one. What is no address in the plain
    spelling of `socket.getaddrinfo` is not public, and neither is one with a scope.

    Example:
        >>> is_public("8.8.8.8"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1")
        (True, False, False)
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(known, ipaddress.IPv4Address):
        return _is_public_4(known)
    return known.scope_id is None and _is_public_6(known)


def _is_public_4(address: ipaddress.IPv4Address) -> bool:
    return not any(address in network for network in _NOT_PUBLIC_4)


def _is_public_6(address: ipaddress.IPv6Address) -> bool:
    low = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.ipv4_mapped is not None or address in _NAT64:
        return _is_public_4(low)
    if address not in _GLOBAL_6 or any(address in network for network in _NOT_PUBLIC_6):
        return False
    if address.sixtofour is not None:
        return _is_public_4(address.sixtofour)
    is_isatap = (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP_IDS
    return not is_isatap or _is_public_4(low)


class Target(NamedTuple):
    """A link that was judged; its path includes the query."""

    url: str
    scheme: str
    host: str
    port: int
    path: str
    is_allowed: bool
    where: str


def parse(url: str, policy: Policy) -> Target:
    """Take a link apart. One strict pattern does it: two readers of one link could see two hosts."""
    if len(url) > MOST_URL_CHARACTERS:
        raise bad_url(f"expected a link of at most {MOST_URL_CHARACTERS} characters, got {len(url)}")
    if not all("!" <= c <= "~" and c != "\\" for c in url):
        raise bad_url(
            f"expected a link of printable ASCII without blanks and backslashes, got {without_secrets(url)}"
        )
    match = _URL.fullmatch(url)
    if match is None:
        raise bad_url(f"expected an http or https link, got {without_secrets(url)}")
    if "@" in match["authority"]:
        raise bad_url(f"expected a link without a user name, got {without_secrets(url)}")
    authority = _AUTHORITY.fullmatch(match["authority"].lower())
    host = _plain_host(authority["host"]) if authority else None
    if authority is None or host is None:
        raise bad_url(f"expected a link with a host name, got {without_secrets(url)}")
    scheme = match["scheme"].lower()
    port = int(authority["port"] or _PORTS[scheme])
    is_allowed = not policy.allowed_hosts.isdisjoint({host, f"{host}:{port}"})
    if not 0 < port < 65536 or (port not in _PORTS.values() and not is_allowed):
        raise bad_url(
            f"expected a link with port 80 or 443, got {port} in {without_secrets(url)}; "
            f"allow {terminal_text(host)}:{port} if that is yours"
        )
    path = match["path"] + match["query"]
    # Without the query, which may hold a token.
    where = host + ("" if port == _PORTS[scheme] else f":{port}") + match["path"]
    where = terminal_text(where if len(where) <= 120 else f"{where[:117]}...")
    return Target(url, scheme, host, port, path if path.startswith("/") else f"/{path}", is_allowed, where)


def origin_of(url: str) -> str | None:
    """Return scheme, host and port of a link as the policy of a page names them; None where it has none.

    A link that is not http(s), that names a user, or whose host is an IPv6 address, which policies of pages
    cannot name, has none. Nothing of the rest of the link is in it.

    Example:
        >>> origin_of("https://Media.Example:8443/a.mp4?sign=1"), origin_of("http://a@b/")
        ('https://media.example:8443', None)
    """
    is_plain = len(url) <= MOST_URL_CHARACTERS and all("!" <= c <= "~" and c != "\\" for c in url)
    match = _URL.fullmatch(url) if is_plain else None
    authority = _AUTHORITY.fullmatch(match["authority"].lower()) if match else None
    if match is None or authority is None:
        return None
    host, scheme = _plain_host(authority["host"]), match["scheme"].lower()
    port = int(authority["port"] or _PORTS[scheme])
    if host is None or host.startswith("[") or not 0 < port < 65536:
        return None
    return f"{scheme}://{host}" + ("" if port == _PORTS[scheme] else f":{port}")


def _plain_host(host: str) -> str | None:
    """Return a host name as it is, an IPv6 address in brackets and shortest; None if it is neither."""
    if host.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(host[1:-1])}]"
        except ValueError:
            return None
    return host if all(_LABEL.fullmatch(label) for label in host.split(".")) else None


def bad_url(message: str) -> FetchError:
    """Return the error for a link that is not to be asked."""
    return FetchError(message, code="bad_url", reason="link not usable")


def without_secrets(url: str) -> str:
    """Show a link without what may be secret in it: user name, password and query."""
    if "@" not in url:
        return show(re.split(r"[?#]", url, maxsplit=1)[0])
    # Where a password ends is what a malformed link leaves open.
    scheme = re.match(r"[A-Za-z]{1,10}://", url)
    return show(f"{scheme[0] if scheme else ''}...@...")
