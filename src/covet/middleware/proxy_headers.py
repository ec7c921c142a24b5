"""
Who asks, behind proxies: the client, the scheme and the host that they say, if they are one's own.
"""

from collections.abc import Collection, Sequence
from copy import copy
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from covet.core.layer_binding import LayerBinding
from covet.core.middleware import Middleware
from covet.core.mount_guards import MountBinding, MountGuard
from covet.http.addresses import NetworkSet, parse_address
from covet.http.forwarded import Hop, read_forwarded, read_x_forwarded
from covet.http.headers import Headers
from covet.http.hosts import is_valid_host
from covet.http.request import Address, Request
from covet.middleware.option_checks import OptionChecks
from covet.middleware.places import Place
from covet.middleware.trusted_hosts import TrustedHostMiddleware, refuse_host
from covet.options import refuse_unknown

_check: Final = OptionChecks("ProxyHeadersMiddleware")
_READERS: Final = {"x-forwarded": read_x_forwarded, "forwarded": read_forwarded}
# Over a Unix socket the peer has no address: the file system says who may connect.
_UNIX: Final = "unix"
# The headers that each reader reads.
_NAMES: Final = {
    "x-forwarded": (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host"),
    "forwarded": (b"forwarded", b"forwarded", b"forwarded"),
}
# APPSEC: what is remembered is bounded in number and size, whatever is sent.
_MAX_REMEMBERED: Final = 4096
_MAX_LENGTH: Final = 256


class _TooLongError(Exception):
    """What proxies say is longer than what is remembered."""


class Forwarded(NamedTuple):
    """
    What proxies say of a request that is believed; `None` where they say nothing.

    Attributes:
        client: The address of the client.
        scheme: The scheme that was asked by.
        host: The host that was asked for.
    """

    client: Address | None
    scheme: str | None
    host: str | None


class ProxyHeadersMiddleware(Middleware):
    """
    Believe the forwarding headers of proxies that are listed, and of nobody else.

    They are read from the right: what the nearest proxy adds is believed if the peer is one of the list, what stands
    before it if that address is one, too. The first address that is not on the list is the client. From then on
    `request.client`, `request.scheme` and `request.url` are the client's; the headers stay as they came. Applications
    that are mounted, and what wraps the whole application, see what the server sees.

    Args:
        trusted_proxies: The proxies: addresses or networks (`"10.0.0.0/8"`), and `"unix"` for whoever connects over a
            Unix socket.
        header: Which headers the proxies write: `"x-forwarded"` or `"forwarded"` (RFC 7239). The others come from
            clients: a proxy that does not know them passes them on.
        trust_host: Whether the host that they say is believed, too. One that `TrustedHostMiddleware` around the same
            route does not list is refused with 400.

    Raises:
        ConfigurationError: If an option is wrong, or everybody would be believed.

    Example:
        >>> from covet import CovetPy, Request
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[ProxyHeadersMiddleware(["127.0.0.0/8"])])
        >>> @app.get("/")
        ... async def index(request: Request) -> str:
        ...     return f"{request.client.host} {request.url}"
        >>> headers = {"X-Forwarded-For": "6.6.6.6, 192.0.2.1", "X-Forwarded-Proto": "https", "Host": "example.com"}
        >>> (await TestClient(app).get("/", headers=headers)).text
        '192.0.2.1 https://example.com/'
    """

    priority: int = Place.PROXY_HEADERS
    reads_headers = True
    tells_origin: Final = True
    """WebSockets compare origins inside of it: only then are scheme and host the client's."""

    @refuse_unknown
    def __init__(
        self,
        trusted_proxies: Collection[str],
        *,
        header: Literal["x-forwarded", "forwarded"] = "x-forwarded",
        trust_host: bool = False,
    ) -> None:
        proxies = _check.texts("trusted_proxies", trusted_proxies)
        if not proxies:
            raise _check.fail("trusted_proxies", "is empty: nobody would be believed.", "List the proxies' networks.")
        self._trusts_unix = _UNIX in proxies
        self._networks = _check_networks([text for text in proxies if text != _UNIX])
        if header not in _READERS:
            hint = "Write the one that your proxies set, and no client can."
            raise _check.fail("header", f"is {header!r}, expected 'x-forwarded' or 'forwarded'.", hint)
        self._read = _READERS[header]
        self._names = _NAMES[header]
        # PERF: the same proxies ask all the time, for clients that come again; reading an address takes as long as a
        # whole route does (benchmarks/production.py).
        self._trusts = lru_cache(_MAX_REMEMBERED)(self._networks.__contains__)
        self._judge_known = lru_cache(_MAX_REMEMBERED)(self._judge_texts)
        self._trust_host = _check.flag("trust_host", trust_host)
        self._host_lists: tuple[TrustedHostMiddleware, ...] = ()

    def bind_route(self, binding: LayerBinding) -> Middleware:
        """Learn which hosts the middleware around the same route lists: a proxy's word opens no other."""
        around = (*binding.outer, *binding.inner)
        lists = tuple(item for item in around if isinstance(item, TrustedHostMiddleware))
        if not self._trust_host or not lists:
            return self
        bound = copy(self)
        bound._host_lists = lists  # noqa: SLF001 - another instance of this class
        return bound

    def guard_mount(self, binding: MountBinding) -> MountGuard | None:  # noqa: ARG002
        """Say where requests for a mounted application come from, to those who look at them; it has the original."""
        return self.process_request

    def process_request(self, request: Request) -> None:
        """
        Take what a proxy of the list says for true.

        Raises:
            BadRequestError: If it says a host that is not served here.
        """
        peer = request.client
        if not (self._trusts_unix if peer is None else self._trusts(peer.host)):
            return
        headers = request.headers
        first, second, third = self._names
        try:
            said = self._judge_known(headers.get_bytes(first), headers.get_bytes(second), headers.get_bytes(third))
        except _TooLongError:
            said = self._judge(self._read(headers))
        if said is not None:
            client, scheme, host = said
            # APPSEC: proxies pass on what clients write: whoever may name the host here chooses where links lead.
            if host is not None and not all(hosts.allows(host) for hosts in self._host_lists):
                raise refuse_host()
            request.take_forwarded(client, scheme, host)

    # Any: a WebSocket, whose class is loaded with the first route of WebSockets.
    def websocket_connect(self, websocket: Any) -> None:
        """Do the same for the handshake of a WebSocket."""
        self.process_request(websocket.request)

    def _judge_texts(self, *texts: bytes | None) -> Forwarded | None:
        """
        Do what `_judge` does with the headers that have these values.

        Raises:
            _TooLongError: If nobody is to remember it.
        """
        if sum(len(text) for text in texts if text is not None) > _MAX_LENGTH:
            raise _TooLongError
        pairs = {name: text for name, text in zip(self._names, texts, strict=True) if text is not None}
        return self._judge(self._read(Headers.from_bytes(tuple(pairs.items()))))

    def _judge(self, hops: Sequence[Hop]) -> Forwarded | None:
        """Say what is believed of what proxies say."""
        if not hops:
            return None
        client: str | None = None
        scheme = host = ""
        for hop in reversed(hops):
            # What a trusted proxy says of whom it serves; the farthest one that is trusted saw the client itself.
            scheme, host = hop.scheme or scheme, hop.host or host
            address = parse_address(hop.client)
            if address is None:
                # "unknown", or nonsense: whoever stands before it cannot be told.
                break
            client = str(address)
            if address not in self._networks:
                break
        return Forwarded(
            client=None if client is None else Address(client, 0),
            scheme=scheme if scheme in {"http", "https"} else {"ws": "http", "wss": "https"}.get(scheme),
            host=host if self._trust_host and is_valid_host(host) else None,
        )


def _check_networks(texts: Sequence[str]) -> NetworkSet:
    for text in texts:
        if text == "*" or text.endswith("/0"):
            hint = "List the networks that the proxies are in, such as '10.0.0.0/8'."
            raise _check.fail("trusted_proxies", f"has {text!r}: every client could say who it is.", hint)
    try:
        return NetworkSet(texts)
    except ValueError as exc:
        raise _check.fail("trusted_proxies", f"is wrong: {exc}", "Write '10.0.0.0/8', '192.0.2.7' or 'unix'.") from exc


__all__ = ["ProxyHeadersMiddleware"]
