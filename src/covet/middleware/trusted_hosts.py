"""
For which hosts the application answers: a name that somebody else points at it is not one of them.
"""

import re
from collections.abc import Collection
from typing import Any, Final

from covet.core.middleware import Middleware
from covet.core.mount_guards import MountBinding, MountGuard
from covet.exceptions import BadRequestError
from covet.http.hosts import is_valid_host, parse_host
from covet.http.request import Request
from covet.middleware.option_checks import OptionChecks
from covet.middleware.places import Place
from covet.options import refuse_unknown

_check: Final = OptionChecks("TrustedHostMiddleware")
# Top-level names that are nobody else's (RFC 6761, RFC 6762, and what ICANN keeps for private use).
_OWN: Final = frozenset({"localhost", "local", "internal", "test"})
_WILDCARD: Final = re.compile(r"\*\.(?=[^.])")


class TrustedHostMiddleware(Middleware):
    """
    Answer requests for the hosts that are listed; 400 to all others.

    Names are compared without regard to case, label by label, and never as patterns. An entry with a port is for that
    port alone. What a proxy says of the host is not looked at here: the `Host` header is, which it passes on.

    Args:
        allowed_hosts: The hosts: `"example.com"`, `"example.com:8443"`, `"*.example.com"` for every name below it (and
            not itself), `"[::1]"`; `["*"]` for any.

    Raises:
        ConfigurationError: If there is none, or one is no host.

    Example:
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[TrustedHostMiddleware(["example.com"])])
        >>> @app.get("/")
        ... async def index() -> str:
        ...     return "hello"
        >>> client = TestClient(app)
        >>> for host in ("example.com", "EXAMPLE.com:80", "example.com.evil.org"):
        ...     print((await client.get("/", headers={"Host": host})).status_code)
        200
        200
        400
    """

    priority: int = Place.TRUSTED_HOST
    reads_headers = True
    raises: tuple[type[Exception], ...] = (BadRequestError,)

    @refuse_unknown
    def __init__(self, allowed_hosts: Collection[str]) -> None:
        hosts = _check.texts("allowed_hosts", allowed_hosts)
        if not hosts:
            raise _check.fail("allowed_hosts", "is empty: no request would be answered.", "Write ['example.com'].")
        if "*" in hosts and len(hosts) > 1:
            raise _check.fail("allowed_hosts", "has '*' beside others, which it includes.", "Write ['*'] alone.")
        self._is_open = hosts == ("*",)
        self._hosts: set[tuple[str, int | None]] = set()
        # The names below which every name is allowed, with a dot in front.
        self._parents: set[tuple[str, int | None]] = set()
        for text in () if self._is_open else hosts:
            name, port = _check_host(text)
            (self._parents if text.startswith("*.") else self._hosts).add((name, port))
        # PERF: nearly every request writes the host as it is listed (benchmarks/onion.py).
        self._written = frozenset(text.encode() for text in hosts if "*" not in text and text == text.lower())

    def process_request(self, request: Request) -> None:
        """
        Refuse a request that is for another host.

        Raises:
            BadRequestError: If it is.
        """
        headers = request.headers
        if headers.get_bytes(b"host") not in self._written and not self.allows(headers.get("host", "")):
            raise refuse_host()

    # Any: a WebSocket, whose class is loaded with the first route of WebSockets.
    def websocket_connect(self, websocket: Any) -> None:
        """
        Refuse a WebSocket that is for another host.

        Raises:
            BadRequestError: If it is.
        """
        self._check(websocket.request)

    def guard_mount(self, binding: MountBinding) -> MountGuard | None:  # noqa: ARG002
        """Look at what is for a mounted application, too: it is served under no other hosts."""
        return self._check

    def _check(self, request: Request) -> None:
        if not self.allows(request.headers.get("host", "")):
            raise refuse_host()

    def allows(self, host: str) -> bool:
        """
        Tell whether a host is on the list.

        Args:
            host: The host, with its port if it has one.

        Example:
            >>> TrustedHostMiddleware(["*.example.com"]).allows("shop.example.com:8443")
            True
        """
        if self._is_open:
            return True
        if not is_valid_host(host):
            return False
        name, port = parse_host(host)
        name = name.removesuffix(".")
        if (name, None) in self._hosts or (name, port) in self._hosts:
            return True
        while self._parents and "." in name:
            name = name.partition(".")[2]
            if (name, None) in self._parents or (name, port) in self._parents:
                return True
        return False


def refuse_host() -> BadRequestError:
    """Make the answer to a request for a host that is not on the list."""
    return BadRequestError("This host is not served here.")


def _check_host(text: str) -> tuple[str, int | None]:
    name = _WILDCARD.sub("", text, count=1) if text.startswith("*.") else text
    if "://" in text or "/" in text:
        hint = f"Write {text.rpartition('://')[2].partition('/')[0]!r}."
        raise _check.fail("allowed_hosts", f"has {text!r}, which is a URL.", hint)
    if not text.isascii():
        hint = "Write the ASCII form that clients send: 'xn--…'."
        raise _check.fail("allowed_hosts", f"has {text!r}, which is no host of a header.", hint)
    if not is_valid_host(name):
        hint = "Write 'example.com', 'example.com:8443', '*.example.com', '[::1]', or '*' alone for any host."
        raise _check.fail("allowed_hosts", f"has {text!r}, which is no host.", hint)
    host, port = parse_host(name)
    host = host.removesuffix(".")
    if text.startswith("*.") and "." not in host and host not in _OWN:
        hint = "Write the domain that is yours: '*.example.com'."
        raise _check.fail("allowed_hosts", f"has {text!r}, which is a whole top-level domain.", hint)
    return host, port


__all__ = ["TrustedHostMiddleware"]
