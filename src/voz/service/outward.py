"""Posting to an address that somebody gave: never to this machine or its own network, unless the operator allows it.

The name is resolved here, every address that it has is judged, and the connection is made to one that was judged: a
name that changes its mind between the two gains nothing. Redirects are not followed and proxies are not used.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import SplitResult, urlsplit

from voz.errors import InputError, VozError

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 15.0
MAX_URL_CHARS = 2_000
MOST_ADDRESSES = 3
SPECIAL = frozenset({"168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"})
"""Where clouds tell a machine its secrets, beside 169.254.169.254: the first of these counts as public otherwise."""
EMBEDS_V4 = ipaddress.ip_network("64:ff9b::/96")
NO_URL = "{!r} is no address to post to: https://host/path is one, without a password, a # or letters beyond ASCII."
_HOST = re.compile(r"[a-z0-9._:-]+")
"""What a host is made of; the colons are an IPv6 address's."""
Place = tuple[int, tuple[str, int]]
"""A family of addresses, and an address of it with the port."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(VozError):
    """The address is one that nothing may be posted to."""


class Unreached(VozError):
    """There was no answer."""


@dataclass(frozen=True)
class Answer:
    status: int
    retry_after: str = ""


def checked(url: str, *, private: bool = False) -> str:
    """The address, if something may be posted to it; whether its name resolves is seen when it is used.

    Raises InputError.
    """
    try:
        parts = _parts(url)
        if parts.scheme != "https" and not private:
            raise InputError(f"{url} does not start with https://: what is sent would be read on its way.")
        vetted(parts, private=private)
    except Forbidden as error:
        raise InputError(str(error)) from error
    except Unreached:
        pass  # the name may be known tomorrow
    return url


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool = False) -> Answer:
    """The status that an address answers with. Raises Forbidden or Unreached."""
    parts = _parts(url)
    places = vetted(parts, private=private)
    if parts.scheme != "https" and not private:
        raise Forbidden("the address does not start with https://")
    connection = _Pinned(parts, places)
    end = threading.Timer(WHOLE_SECONDS, connection.cut)  # a receiver that drips bytes must not hold a worker
    end.daemon = True
    end.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers.get("retry-after", "")[:100])
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreached(f"{parts.hostname}: {str(error) or type(error).__name__}"[:300]) from error
    finally:
        end.cancel()
        connection.close()


def vetted(parts: SplitResult, *, private: bool) -> list[Place]:
    """The addresses to connect to, one after the other. Raises Forbidden, even if only one is, and Unreached."""
    host = _host(parts)
    try:
        found = socket.getaddrinfo(
            host, parts.port or (443 if parts.scheme == "https" else 80), type=socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        raise Unreached(f"{host} cannot be resolved: {error}") from error
    places = [(int(family), (str(place[0]), int(place[1]))) for family, _, _, _, place in found]
    for _, (address, _) in places:
        if not private and not is_public(address):
            raise Forbidden(
                f"{host} is {address}: voz posts nothing to this machine, to private networks or to where clouds keep "
                "their secrets. VOZ_ALLOW_PRIVATE_WEBHOOKS=true allows it."
            )
    if not places:
        raise Unreached(f"{host} has no address")
    return places


def is_public(address: str) -> bool:
    """Whether an address belongs to the open network, and so does whatever it stands for."""
    try:
        known: Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if address in SPECIAL or str(known) in SPECIAL:
        return False
    if isinstance(known, ipaddress.IPv6Address):
        inner = [known.ipv4_mapped, known.sixtofour, *(known.teredo or ())]
        if known in EMBEDS_V4:
            inner.append(ipaddress.IPv4Address(int(known) & 0xFFFFFFFF))
        if any(one is not None and not is_public(str(one)) for one in inner):
            return False
        if known.ipv4_mapped is not None or known in EMBEDS_V4:
            return True  # judged by what it stands for
        if known.is_site_local or int(known) >> 32 == 0:  # ::1.2.3.4, no longer in use
            return False
    return known.is_global and not (
        known.is_multicast or known.is_reserved or known.is_unspecified or known.is_loopback or known.is_link_local
    )


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was judged, for a name that may have others."""

    def __init__(self, parts: SplitResult, places: list[Place]) -> None:
        super().__init__(_host(parts), parts.port, timeout=CONNECT_SECONDS)
        self.default_port = 443 if parts.scheme == "https" else 80
        if parts.port is None:
            self.port = self.default_port
        self.places, self.secure = places[:MOST_ADDRESSES], parts.scheme == "https"

    def connect(self) -> None:
        plain = self._connected()
        plain.settimeout(WHOLE_SECONDS)
        if self.secure:
            self.sock = _tls().wrap_socket(plain, server_hostname=self.host)

    def _connected(self) -> socket.socket:
        """To the first of the addresses that answers. Raises OSError."""
        failed: OSError | None = None
        for family, place in self.places:
            plain = socket.socket(family, socket.SOCK_STREAM)
            self.sock = plain
            plain.settimeout(CONNECT_SECONDS)
            try:
                plain.connect(place)
                return plain
            except OSError as error:
                plain.close()
                failed = error
        raise failed or OSError("no address")

    def cut(self) -> None:
        try:
            if self.sock is not None:
                self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it is over already


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _parts(url: str) -> SplitResult:
    if len(url) > MAX_URL_CHARS or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise InputError(NO_URL.format(url[:200]))
    try:
        parts = urlsplit(url)
        named = _HOST.fullmatch(parts.hostname or "") and (parts.port is None or parts.port > 0)
    except ValueError:
        raise InputError(NO_URL.format(url)) from None
    if parts.scheme not in ("http", "https") or not named or parts.username or parts.password or parts.fragment:
        raise InputError(NO_URL.format(url))
    return parts


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").rstrip(".")
