"""
A request, as handlers and middleware see it.

Nothing is parsed before it is asked for, and what was parsed stays. A request belongs to one exchange:
it is never pooled, reused or looked up by its identity.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from covet.exceptions import NotFoundError
from covet.http.body import DEFAULT_BODY_LIMITS
from covet.http.cookies import parse_cookies
from covet.http.forms import FormData
from covet.http.headers import Headers
from covet.http.hosts import is_valid_host
from covet.http.links import check_links
from covet.http.message import IncomingMessage
from covet.http.percent import encode_path
from covet.http.query import QueryParams
from covet.http.state import State, make_state
from covet.http.uploads import UploadFile
from covet.http.urls import URL, unquote_path
from covet.tasks import BackgroundTasks

if TYPE_CHECKING:
    from covet.http.form_limits import FormLimits

ServiceT = TypeVar("ServiceT")


class Address(NamedTuple):
    """The network address of a peer."""

    host: str
    port: int


class Request(IncomingMessage):
    """
    An HTTP request.

    The server makes them; one can also be made by hand, for a test.

    Args:
        method: The method, in upper case.
        url: The target: a path with its query, or a whole URL.
        headers: The headers.
        body: The body.
        path_params: The values of the path's parameters.
        client: The address of the client.
        app: The application it is for.

    Attributes:
        method: The method, as it came.
        path: The decoded path of the request's target; never taken from a header.
        app: The application, or `None` for a request made by hand.
        route: The route that answers, or `None` while there is none.
        scheme: `"http"` or `"https"`, as the server sees it, or as `set_forwarded` said.
        state: A place for attributes of one's own, for as long as the request lasts.
        services: The scope of its services, once something was injected or resolved; `resolve()` makes it.
        failure: What the handler raised, for those services that want to know how it ended.

    Example:
        >>> headers = {"Host": "example.com", "Content-Type": "application/json"}
        >>> request = Request(method="POST", url="/items?page=2", headers=headers, body=b'{"a": 1}')
        >>> request.path, request.query_params["page"], request.url.host
        ('/items', '2', 'example.com')
        >>> await request.json()
        {'a': 1}
    """

    __slots__ = (
        "__weakref__",
        "_client",
        "_closers",
        "_cookies",
        "_deferred",
        "_named_host",
        "_path_params",
        "_query_params",
        "_releases",
        "_uploads",
        "_url",
        "app",
        "began",
        "entered",
        "failure",
        "method",
        "path",
        "path_values",
        "route",
        "scheme",
        "services",
        "state",
    )

    # Slots that stay empty until they are asked for: reading one that is empty raises AttributeError, which
    # costs nothing on the way that finds it filled.
    _client: Address | None
    _closers: list[Callable[[], Awaitable[None]]]
    _cookies: dict[str, str] | None
    # What `set_forwarded` said.
    _named_host: str | None
    _path_params: Mapping[str, Any]
    _query_params: QueryParams
    _releases: list[Callable[[], Awaitable[None]]]
    _uploads: list[UploadFile]
    _url: URL | None
    began: float
    entered: int
    path_values: Sequence[str]
    # PERF: a plain attribute, since middleware asks again and again (benchmarks/production.py).
    scheme: str
    state: State
    # Any: the scope's class stands on this floor, but is loaded by those alone who inject.
    services: Any
    failure: BaseException | None

    def __init__(
        self,
        method: str = "GET",
        url: str = "/",
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        *,
        path_params: Mapping[str, Any] | None = None,
        client: tuple[str, int] | None = None,
        # Any: the application's class stands on a higher floor.
        app: Any = None,
    ) -> None:
        target = URL(url)
        self.method = method
        self.path = unquote_path(target.path) or "/"
        self.app: Any = app
        self.route: Any = None
        own = Headers(headers)
        if "host" not in own:
            own = Headers([*own.multi_items(), ("host", target.netloc or "localhost")])
        self.headers = own
        self._query_params = QueryParams(target.query)
        self.scheme = target.scheme or "http"
        self._url = URL.from_parts(self.scheme, own["host"], target.path or "/", target.query)
        self._path_params = dict(path_params or {})
        if not isinstance(body, bytes | bytearray | memoryview):
            # Of a number, bytes would make zeros.
            raise TypeError(f"A body is bytes, got {type(body).__name__}.")
        self._body = bytes(body)
        self.body_limits = DEFAULT_BODY_LIMITS
        self._deferred: BackgroundTasks | None = None
        self._client = Address(*client) if client else None
        self._cookies = self._named_host = None
        self.state = make_state(getattr(app, "lifespan_state", None))

    # ── What came ────────────────────────────────────────────────────────────

    @property
    def query_params(self) -> QueryParams:
        """
        The parameters of the query.

        Raises:
            BadRequestError: If there are more than 1,000 of them.
        """
        try:
            return self._query_params
        except AttributeError:
            self._query_params = params = QueryParams(self._read_query())
            return params

    @property
    def path_params(self) -> Mapping[str, Any]:
        """
        The values of the path's parameters by their names, as their converters made them.

        Raises:
            NotFoundError: If a converter refuses its text.
        """
        try:
            return self._path_params
        except AttributeError:
            pass
        try:
            self._path_params = params = {} if self.route is None else self.route.convert(self.path_values)
        except ValueError as exc:
            # Such as /days/2026-02-31: the template's own rules say that there is no such path.
            raise NotFoundError from exc
        return params

    @property
    def cookies(self) -> Mapping[str, str]:
        """
        The cookies by their names.

        Raises:
            HeadersTooLargeError: If there are more than 150, or if they are larger than 8 KiB.
        """
        cookies = self._cookies
        if cookies is None:
            header = self.headers.get("cookie")
            self._cookies = cookies = parse_cookies(header) if header else {}
        return cookies

    @property
    def client(self) -> Address | None:
        """The address of the peer that the server sees: a proxy's, unless `set_forwarded` said whose it stands for."""
        client = self._client
        if client is None:
            self._client = client = self._read_client()
        return client

    @property
    def root_path(self) -> str:
        """The prefix that the application is mounted under; it stands in the URL, not in `path`."""
        return ""

    @property
    def host(self) -> str:
        """The `Host` header, validated before the request got here, or what `set_forwarded` said."""
        said = self._named_host
        return self.headers.get("host", "localhost") if said is None else said

    @property
    def url(self) -> URL:
        """The URL that the client asked for; its host is the `Host` header."""
        url = self._url
        if url is None:
            query = _to_text(self._read_query())
            self._url = url = URL.from_parts(self.scheme, self.host, self._read_raw_path(), query)
        return url

    @property
    def raw_target(self) -> tuple[str, str]:
        """The path and the query as the server gave them, for what has to tell one target from another by its bytes."""
        return self._read_raw_path(), _to_text(self._read_query())

    def set_forwarded(
        self, *, client: tuple[str, int] | None = None, scheme: str | None = None, host: str | None = None
    ) -> None:
        """
        Take for true what a proxy says of its client; what is left out stays as it is.

        Whoever calls it has to know that the proxy is one of its own: `ProxyHeadersMiddleware` does. The headers stay.

        Args:
            client: The address of the client; port 0 if it is not known.
            scheme: `"http"` or `"https"`, as the client asked.
            host: The host that the client asked for, as a `Host` header has it.

        Raises:
            ValueError: If the scheme is another, or the host is not valid.

        Example:
            >>> request = Request(url="/tea?cups=2", headers={"Host": "10.0.0.7"})
            >>> request.set_forwarded(client=("192.0.2.1", 0), scheme="https", host="example.com")
            >>> request.client.host, str(request.url)
            ('192.0.2.1', 'https://example.com/tea?cups=2')
        """
        if scheme is not None and scheme not in {"http", "https"}:
            raise ValueError(f"The scheme of a request is http or https, got {scheme!r}.")
        if host is not None and not is_valid_host(host):
            hint = "it is written as in a Host header, such as 'example.com:8443'."
            raise ValueError(f"The host is not valid: {hint}")
        self.take_forwarded(None if client is None else Address(*client), scheme, host)

    def take_forwarded(self, client: Address | None, scheme: str | None, host: str | None) -> None:
        """
        Do what `set_forwarded` does with what was checked before, as `ProxyHeadersMiddleware` has.

        Args:
            client: The address of the client.
            scheme: `"http"` or `"https"`.
            host: A valid host.
        """
        if client is not None:
            self._client = client
        if scheme is not None:
            self.scheme = scheme.replace("http", "ws") if self.scheme in {"ws", "wss"} else scheme
        if host is not None:
            self._named_host = host
        # PERF: nearly always nobody has asked for the URL yet (benchmarks/production.py).
        url = self._url
        if url is not None:
            self._url = URL.from_parts(self.scheme, self.host, url.path, url.query)

    async def resolve(self, interface: Callable[..., ServiceT], *, qualifier: str | None = None) -> ServiceT:
        """
        Return a service of the application's container, in the scope of this request.

        A handler takes its services as parameters; this is for middleware and exception handlers.

        Args:
            interface: What is asked for.
            qualifier: Which one, if several are registered.

        Raises:
            MissingRegistrationError: If nobody registered it.
            RuntimeError: If the request was made by hand, without an application.
        """
        try:
            scope = self.services
        except AttributeError:
            if self.app is None:
                raise RuntimeError("A request without an application has no services to resolve.") from None
            scope = self.services = self.app.open_services(self)
        service: ServiceT = await scope.resolve(interface, qualifier=qualifier)
        return service

    @property
    def form_limits(self) -> "FormLimits":
        """How much its form may bring: what its route says, or else its application."""
        for owner in (self.route, self.app):
            limits: FormLimits | None = getattr(owner, "form_limits", None)
            if limits is not None:
                return limits
        return super().form_limits

    # ── Before and after the response ────────────────────────────────────────

    async def send_early_hints(self, links: Iterable[str]) -> bool:
        """
        Tell the client what it will need, while the response is still made: 103 Early Hints (RFC 8297).

        Args:
            links: Values of `Link`, as `covet.http.links.make_link` writes them.

        Returns:
            Whether they were sent. `False` says that the server or the client knows no early hints, that the response
            has begun, or that there are no links: the response is what it would have been anyhow.

        Raises:
            ResponseError: If a value is no link, or cannot stand in a header.

        Example:
            >>> request = Request()  # made by hand, it has no client
            >>> await request.send_early_hints(['</site.css>; rel="preload"; as="style"'])
            False
        """
        checked = check_links(links)
        return await self._send_links(checked) if checked else False

    def defer(self, func: Callable[..., object], /, *args: object, **kwargs: object) -> None:
        """
        Call a function after the response was sent.

        It may be a coroutine function; another runs in a thread. A failure is logged and stops no other.
        Deferred work lives in memory: it is lost if the process dies.

        Args:
            func: The function.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.
        """
        self.background.add_task(func, *args, **kwargs)

    @property
    def background(self) -> BackgroundTasks:
        """What runs after the response, in the order it was deferred."""
        tasks = self._deferred
        if tasks is None:
            self._deferred = tasks = BackgroundTasks.for_request()
        return tasks

    def _keep_form(self, form: FormData) -> None:
        self._uploads = [file for _, file in form.files.multi_items()]
        # PERF: endpoints look for deferred work anyway; some makes them come to the closing of the files, too
        # (benchmarks/instructions.py, plain).
        _ = self.background

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path!r}>"

    # ── What an adapter replaces ─────────────────────────────────────────────

    async def _send_links(self, links: Sequence[str]) -> bool:  # noqa: ARG002
        return False

    # Any: what the awaitable gives.
    async def run_until_disconnect(self, call: Awaitable[Any]) -> Any:
        """Await something, but cancel it when the client leaves; a request made by hand has no client."""
        return await call

    def record_error(self, exc: Exception) -> None:
        """Tell a test client about an error that was answered as 500."""

    def _read_query(self) -> str | bytes:
        return str(self._query_params)

    def _read_raw_path(self) -> str:
        return encode_path(self.path)

    def _read_client(self) -> Address | None:
        return None


def _to_text(query: str | bytes) -> str:
    return query if isinstance(query, str) else query.decode("latin-1")
