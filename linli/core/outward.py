"""The one guarded way out of the machine: feeds, gateways, robots, sign-in elsewhere.

Whoever may write an address down must not be able to point Linli at the inside of its own network. So every connection is
checked at the moment it is made, by the numeric address that it really goes to: a name that answers differently the
second time, a redirect and a library that opens connections by itself all come past the same check. `guarded()` holds for
a block in one thread, `guard_process()` for a whole worker. Hosts of one's own stand in LINLI_INNER_HOSTS.
"""

import ipaddress
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from django.conf import settings
from requests.cookies import RequestsCookieJar

PORTS = {"http": 80, "https": 443}
REDIRECTS = 3
MOST_BYTES = 5_000_000
TIMEOUT_S = 10.0
SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})

BAD_ADDRESS, INNER, TIMEOUT, UNREACHABLE, TOO_LARGE, REDIRECTED = (
    "bad_address",
    "inner_address",
    "timeout",
    "unreachable",
    "too_large",
    "redirected",
)


class OutwardError(Exception):
    """A request that was not made or came to nothing; `code` is one of the above."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


class InnerAddress(OSError):
    """A connection to an address of the inside. An OSError, so that a name's next address is tried."""


@dataclass(frozen=True)
class Answer:
    """What came back: any status; headers by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


# The guard ------------------------------------------------------------------------------------------------------------


@dataclass
class Watch:
    """What was refused inside a guarded block."""

    refused: list[str] = field(default_factory=list)


_watch: ContextVar[Watch | None] = ContextVar("linli_outward", default=None)
_process: list[Watch] = []  # one for the whole process, where it is guarded
_reading = threading.local()


def is_outer(address: str) -> bool:
    """A unicast address of the open internet. What is wrapped in IPv6 (mapped, 6to4, NAT64, Teredo) counts as what it
    leads to."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _wrapped(found) if isinstance(found, ipaddress.IPv6Address) else None
    if inner is not None and not is_outer(str(inner)):
        return False
    if inner is not None:
        return True
    closed = found.is_multicast or found.is_reserved or getattr(found, "is_site_local", False)
    return found.is_global and not closed


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _wrapped(found: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if found in _NAT64:
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)


def is_own(address: str, port: int) -> bool:
    """Does the allow-list of the deployment name this address? Its names are looked up anew each time."""
    return any(wanted == port and (host == address or address in _addresses(host)) for host, wanted in _own_hosts())


def _own_hosts() -> list[tuple[str, int]]:
    return list(_parsed(tuple(settings.INNER_HOSTS)))


@cache
def _parsed(entries: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    split = (urlsplit(f"//{entry}") for entry in entries)
    return tuple((one.hostname or "", one.port or 0) for one in split)


def _addresses(host: str, port: int = 0) -> set[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return set()
    return {str(one[4][0]) for one in found}


def _check_connection(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    watch = _watch.get() or (_process[0] if _process else None)
    if watch is None or getattr(_reading, "now", False):
        return
    where = arguments[1]
    if not isinstance(where, tuple) or len(where) < 2:
        watch.refused.append("local socket")
        raise InnerAddress("a connection inside the machine is refused")
    host, port = str(where[0]), int(where[1])
    if not _may_connect(host, port):
        watch.refused.append(host)
        raise InnerAddress("a connection to an inner address is refused: see LINLI_INNER_HOSTS")


def _may_connect(host: str, port: int) -> bool:
    if is_outer(host):
        return True
    _reading.now = True  # a look-up may itself connect to a name server
    try:
        return is_own(host, port)
    finally:
        _reading.now = False


_installed = False


def _install() -> None:
    """The interpreter's own hook: whichever library connects comes past it."""
    global _installed  # noqa: PLW0603  (a hook can't be taken away again, so it is set once)
    if not _installed:
        _installed = True
        sys.addaudithook(_check_connection)


@contextmanager
def guarded() -> Iterator[Watch]:
    """Inside, this thread connects to outer addresses only; gives what was refused."""
    _install()
    watch = Watch()
    token = _watch.set(watch)
    try:
        yield watch
    finally:
        _watch.reset(token)


def guard_process() -> None:
    """From now on, every thread of this process. The database's own driver connects below Python and is not concerned."""
    _install()
    if not _process:
        _process.append(Watch())


# Requests -------------------------------------------------------------------------------------------------------------


def split(url: str) -> SplitResult:
    """The parts of an address that may be asked at all. Raises OutwardError."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise OutwardError(BAD_ADDRESS) from None
    wrong = parts.scheme not in PORTS or not parts.hostname or parts.username is not None or port == 0
    if wrong or any(ord(one) < 33 for one in url.strip()):
        raise OutwardError(BAD_ADDRESS)
    return parts


def check_url(url: str) -> None:
    """For a form: is this an address that would be asked now? Raises OutwardError. The connection is checked again."""
    parts = split(url)
    port = parts.port or PORTS[parts.scheme]
    found = _addresses(parts.hostname or "", port)
    if not found:
        raise OutwardError(UNREACHABLE)
    if not any(is_outer(one) or is_own(one, port) for one in found):
        raise OutwardError(INNER)


class _NoCookies(RequestsCookieJar):
    def set_cookie(self, cookie: Any, *_args: Any, **_kwargs: Any) -> None:
        """What one answer sets must not travel to another."""


_local = threading.local()


def session() -> requests.Session:
    """This thread's, so that connections are kept; without the proxies and passwords of the environment."""
    if not hasattr(_local, "session"):
        made = requests.Session()
        made.trust_env = False
        made.cookies = _NoCookies()
        _local.session = made
    found: requests.Session = _local.session
    return found


def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout_s: float = TIMEOUT_S,
    most_bytes: int = MOST_BYTES,
) -> Answer:
    """Ask an address and read the answer, whatever its status. Raises OutwardError. Never call it inside a transaction.
    A GET follows a few redirects, each checked anew, without secrets to another host; a POST follows none."""
    ends = time.monotonic() + timeout_s
    sent = dict(headers or {})
    for _hop in range(REDIRECTS + 1):
        parts = split(url)
        answer = _ask((method, url, sent, body), ends, most_bytes)
        target = answer.headers.get("location", "")
        if answer.status not in {301, 302, 303, 307, 308} or not target:
            return answer
        if method != "GET":
            raise OutwardError(REDIRECTED)
        url = urljoin(url, target)
        after = split(url)
        if parts.scheme == "https" and after.scheme != "https":
            raise OutwardError(REDIRECTED)
        if (after.hostname, after.port) != (parts.hostname, parts.port):
            sent = {name: value for name, value in sent.items() if name.lower() not in SECRET_HEADERS}
    raise OutwardError(REDIRECTED)


Question = tuple[str, str, Mapping[str, str], bytes | None]  # method, address, headers, body


def _ask(question: Question, ends: float, most_bytes: int) -> Answer:
    method, url, headers, body = question
    left = ends - time.monotonic()
    if left <= 0:
        raise OutwardError(TIMEOUT)
    with guarded() as watch:
        try:
            with session().request(
                method, url, headers=dict(headers), data=body, timeout=left, stream=True, allow_redirects=False
            ) as response:
                named = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, named, _read(response, ends, most_bytes), url)
        except requests.Timeout:
            raise OutwardError(TIMEOUT) from None
        except (requests.RequestException, OSError, UnicodeError, ValueError) as error:
            if watch.refused:
                raise OutwardError(INNER) from None
            raise OutwardError(TIMEOUT if _timed_out(error) else UNREACHABLE) from None


def _timed_out(error: BaseException) -> bool:
    return "timed out" in str(error).lower()


def _read(response: requests.Response, ends: float, most_bytes: int) -> bytes:
    """A little at a time: neither a flood nor a trickle holds a worker."""
    found = bytearray()
    while piece := response.raw.read1(65_536, decode_content=True):
        found += piece
        if len(found) > most_bytes:
            raise OutwardError(TOO_LARGE)
        if time.monotonic() > ends:
            raise OutwardError(TIMEOUT)
    return bytes(found)
