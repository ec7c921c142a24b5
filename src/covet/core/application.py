"""
The dispatcher: from a server's call to the coroutine of the route that answers.

The fast way knows nothing but look-ups; whatever is unusual (a path or method without route, a strange
`Host`, a mounted application, the first request ever) goes the slow way, which decides everything anew.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final, cast

from covet.core.compiled_application import CompiledApplication
from covet.core.lifespan import Step, serve_lifespan
from covet.core.middleware_lifespan import make_middleware_steps
from covet.core.route import Mount, Resolution
from covet.core.routing import TrailingSlash
from covet.core.rsgi_types import RSGIProtocol, RSGIScope, RSGIWebSocketProtocol
from covet.core.unmatched import (
    answer_unmatched,
    find_asgi_problem,
    find_problem,
    find_rsgi_problem,
    refuse_closed,
    refuse_method,
)
from covet.core.wrapping import Wrapping
from covet.exceptions import ConfigurationError, HTTPError
from covet.http.limits import MAX_HEADERS, MAX_QUERY_SIZE, SURELY_SHORT_PATH
from covet.http.response import Response
from covet.types import Receive, Scope, Send

_MAX_KNOWN_HOSTS: Final = 1024


class CovetPyASGI(CompiledApplication):
    """An application as servers see it: ASGI 3 when it is called, RSGI through `__rsgi__`."""

    def __init__(self, *, debug: bool = False, trailing_slash: TrailingSlash = "redirect") -> None:
        super().__init__(debug=debug, trailing_slash=trailing_slash)
        self._wrapping = Wrapping(self._dispatch_inner_asgi)
        self._http_protocol: type | None = None
        # PERF: servers tell ASGI 3 by whether `app.__call__` is a coroutine function; calling the application looks
        # it up on the class. So the class has a plain function, which saves a coroutine per request, and
        # the instance shows this one (benchmarks/instructions.py, plain).
        self.__call__ = self._call_as_coroutine  # type: ignore[method-assign]

    async def _call_as_coroutine(self, scope: Scope, receive: Receive, send: Send) -> None:
        await type(self).__call__(self, scope, receive, send)

    # ── ASGI ─────────────────────────────────────────────────────────────────

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        """Answer a call of an ASGI server."""
        try:
            path = scope["path"]
            values: Sequence[str] = ()
            table = self._static.get(path)
            if table is None:
                found = self._find(path) if len(path) <= SURELY_SHORT_PATH else None
                if found is None:
                    return self.dispatch_asgi(scope, receive, send)
                table, values = found
            method = scope["method"]
            query = scope["query_string"]
            if method != "HEAD" and not scope["root_path"] and (not query or len(query) <= MAX_QUERY_SIZE):
                # The endpoint looks at the host: it reads the headers anyhow.
                return table[method].endpoint.asgi(scope, receive, send, values)  # type: ignore[no-any-return]
        except (KeyError, AttributeError):
            # No HTTP request (it has no method), none for this method, or a route that has to be compiled again.
            pass
        return self.dispatch_asgi(scope, receive, send)

    async def dispatch_asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decide what answers a call: whatever the fast way leaves."""
        if scope["type"] == "lifespan":
            await serve_lifespan(self._start_over_asgi, self.shutdown, receive, send)
            return
        self.compile()
        if self._wrapped is not None:
            if scope["type"] == "websocket":
                await self._websockets.pass_on(self._wrapped, scope, receive, send)
            else:
                await self._wrapped(scope, receive, send)
            return
        await self._dispatch_inner_asgi(scope, receive, send)

    async def _dispatch_inner_asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what no wrapper is around any more."""
        root = scope.get("root_path", "")
        path = scope.get("path", "")
        if root and path.startswith(root) and path[len(root) : len(root) + 1] in {"", "/"}:
            # A mounted application sees its own paths (ASGI: path includes root_path).
            path = path[len(root) :] or "/"
        if scope["type"] != "http":
            if scope["type"] != "websocket":
                raise ConfigurationError(f"ASGI scope type {scope['type']!r} is not known.")
            found = self.router.resolve_websocket(path)
            await self._websockets.serve_asgi(found, self._unmatched, scope, root, path, receive, send)
            return
        problem = find_asgi_problem(scope, path)
        varies, known = False, None
        if problem is None and self.router.version_header is not None:
            from covet.core.version_dispatch import move_asgi

            came = path
            scope, path, known, problem = move_asgi(self.router, scope, path)
            varies = path != came or problem is not None
        compiled, values, mount = self._resolve(path, scope["method"], problem, varies=varies, known=known)
        if mount is not None:
            problem = self.find_mount_refusal(mount, scope, receive)
            if problem is None:
                await mount.app(self._mounts.make_scope(scope, root, path, mount), receive, send)
                return
            values = (problem,)
        if problem is None:
            self._remember_host(next(value for name, value in scope["headers"] if name == b"host"))
        if root:
            scope = {**scope, "path": path, "root_path": "", "covet.root_path": root}
        endpoint = compiled.asgi_head if scope["method"] == "HEAD" else compiled.asgi
        await endpoint(scope, receive, send, values)

    async def _start_over_asgi(self) -> None:
        self._protocol = "asgi"
        await self.startup()

    # ── RSGI ─────────────────────────────────────────────────────────────────

    def __rsgi__(self, scope: RSGIScope, protocol: RSGIProtocol) -> Coroutine[Any, Any, None]:
        """Answer a call of an RSGI server."""
        # PERF: comparing the class says what `scope.proto` would, without a string from Rust
        # (benchmarks/instructions.py, plain).
        if protocol.__class__ is self._http_protocol:
            method = scope.method
            headers = scope.headers
            hosts = headers.get_all("host")
            if (
                len(hosts) == 1
                and hosts[0] in self._hosts_text
                and method != "HEAD"
                and len(scope.query_string) <= MAX_QUERY_SIZE
                and len(headers) <= MAX_HEADERS
                # APPSEC: docs/security.md, row 91: whether the body has one length is found out on the slow way.
                and "transfer-encoding" not in headers
            ):
                path = scope.path
                table = self._static.get(path)
                values: Sequence[str] = ()
                if table is None and len(path) <= SURELY_SHORT_PATH:
                    found = self._find(path)
                    if found is not None:
                        table, values = found
                if table is not None:
                    route = table.get(method)
                    if route is not None and route.endpoint is not None:
                        return route.endpoint.rsgi(scope, protocol, values, headers)  # type: ignore[no-any-return]
        return self._dispatch_rsgi(scope, protocol)

    async def _dispatch_rsgi(self, scope: RSGIScope, protocol: RSGIProtocol) -> None:
        self.compile()
        if scope.proto != "http":
            handshake = cast("RSGIWebSocketProtocol", protocol)
            if self._wrapped is not None:
                # APPSEC: what is around the application must see all that comes in, and only ASGI can show it that.
                await self._websockets.bridge(self._wrapped, self._unmatched, scope, handshake)
                return
            found = self.router.resolve_websocket(scope.path)
            await self._websockets.serve_rsgi(found, self._unmatched, scope, handshake)
            return
        if self._wrapped is not None:
            await self._bridge(self._wrapped, scope, protocol)
            return
        problem = find_rsgi_problem(scope)
        varies, known = False, None
        if problem is None and self.router.version_header is not None:
            from covet.core.version_dispatch import move_rsgi

            came = scope
            scope, known, problem = move_rsgi(self.router, scope)
            varies = scope is not came or problem is not None
        compiled, values, mount = self._resolve(scope.path, scope.method, problem, varies=varies, known=known)
        if mount is not None:
            problem = self.find_mount_refusal(mount, scope, protocol)
            if problem is None:
                state = self._mounts.copy_state(mount)
                await self._bridge(mount.app, scope, protocol, root_path=mount.prefix, state=state)
                return
            values = (problem,)
        headers = scope.headers
        if problem is None:
            for host in headers.get_all("host"):
                self._remember_host(host.encode("latin-1"))
        endpoint = compiled.rsgi_head if scope.method == "HEAD" else compiled.rsgi
        self._http_protocol = protocol.__class__
        await endpoint(scope, protocol, values, headers)

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start, when an RSGI server's worker does."""
        self._protocol = "rsgi"
        loop.run_until_complete(self.startup())

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Stop, when an RSGI server's worker does."""
        loop.run_until_complete(self.shutdown())

    # ── The slow way ─────────────────────────────────────────────────────────

    def _resolve(
        self,
        path: str,
        method: str,
        problem: HTTPError | None,
        *,
        varies: bool = False,
        known: Resolution | None = None,
    ) -> tuple[Any, Sequence[Any], Mount | None]:
        """Decide what answers: a route, a mounted application, or what is compiled for everything unmatched."""
        unmatched = self._unmatched_version if varies else self._unmatched
        if problem is not None:
            return unmatched, (problem,), None
        if path == "*":
            # RFC 9110 §9.3.7: `OPTIONS *` asks about the server.
            return unmatched, (Response(None, 204, {"allow": ", ".join(sorted(self.router.methods))}),), None
        found = self.router.resolve(path, method) if known is None else known
        if found.route is None and method == "HEAD":
            as_get = self.router.resolve(path, "GET")
            if as_get.route is not None:
                found = as_get
        if found.mount is not None:
            if found.mount.is_closed:
                return unmatched, (refuse_closed(),), None
            return unmatched, (), found.mount
        if found.route is not None:
            if found.route.endpoint is None:
                self._prepare(found.route)
            return found.route.endpoint, found.values, None
        if method not in self.router.methods:
            return unmatched, (refuse_method(method, found),), None
        return unmatched, (answer_unmatched(found, method),), None

    # Any: `CompiledRoute`, whose module is loaded when the first route is compiled.
    def find_endpoint(self, method: str, path: str) -> tuple[Any, Sequence[Any], Mount | None]:
        """
        Tell what would answer a request, without a request: for tools such as `covet explain`.

        Args:
            method: The method, in capitals.
            path: The decoded path, without a query.

        Returns:
            The compiled route; the texts of its path's parameters, or else the one answer of what no route has; and the
            mounted application, if one answers in its place.

        Raises:
            ConfigurationError: If a route or a service is wrong.
        """
        self.compile()
        return self._resolve(path, method, find_problem(["localhost"], 1, 0, method, path, 0))

    def _remember_host(self, host: bytes) -> None:
        if len(self.hosts_bytes) >= _MAX_KNOWN_HOSTS:
            # Clients can make up names: forgetting all of them is cheaper than keeping an order.
            self.hosts_bytes.clear()
            self._hosts_text.clear()
        self.hosts_bytes.add(host)
        self._hosts_text.add(host.decode("latin-1"))

    def begin_drain(self) -> None:
        """
        Learn that the server stops; servers call it when they are told to. What is mounted learns of it, too.

        The application is not ready any more and `wait_draining()` returns. Requests are answered as before.
        """
        super().begin_drain()
        self._mounts.begin_drain(self.router.mounts, self.drain_timeout)

    def _get_steps(self) -> list[Step]:
        middleware = make_middleware_steps(self, self.list_middleware())
        return [*super()._get_steps(), *middleware, *self._mounts.make_steps(self.router.mounts)]
