"""
`MiddlewareBuilder`: a stack of middleware, step by step.

A step only notes what is wanted; `build()` makes it, and reports everything that is wrong at once.
"""

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Self, TypedDict, Unpack

from covet.core.middleware import describe_middleware, make_layer
from covet.exceptions import ConfigurationError, suggest
from covet.http.request import Request
from covet.middleware.client_keys import Identifier
from covet.middleware.registry import find_middleware
from covet.middleware.security_headers import DEFAULT_POLICY
from covet.options import UnknownOptionError
from covet.rate_limiting import RateLimitStore
from covet.rate_limiting.limit import Algorithm


class CORSOptions(TypedDict, total=False):
    """The options of `CORSMiddleware`."""

    allow_origins: Collection[str] | None
    allow_methods: Collection[str] | None
    allow_headers: Collection[str] | None
    allow_credentials: bool
    expose_headers: Collection[str] | None
    max_age: int | None
    allow_private_network: bool


class CompressionOptions(TypedDict, total=False):
    """The further options of `CompressionMiddleware`."""

    brotli_quality: int
    zstd_level: int
    codings: Sequence[str] | None


class RateLimitOptions(TypedDict, total=False):
    """The further options of `RateLimitMiddleware`."""

    algorithm: Algorithm
    burst: int | None
    cost: int | Callable[[Request], int]
    exempt: Callable[[Request], bool] | None
    name: str
    headers: Literal["draft", "classic", "both", "none"]
    store: RateLimitStore | str | None
    on_store_error: Literal["allow", "refuse"]


class SecurityHeadersOptions(TypedDict, total=False):
    """The further options of `SecurityHeadersMiddleware`."""

    hsts_max_age: int
    hsts_include_subdomains: bool
    hsts_preload: bool
    csp_report_only: str | Mapping[str, Sequence[str]] | None
    reporting_endpoints: Mapping[str, str] | None
    opener_policy: str | None
    embedder_policy: str | None
    resource_policy: str | None
    referrer_policy: str | None
    permissions_policy: Mapping[str, Sequence[str]] | None
    frame_options: Literal["DENY", "SAMEORIGIN"] | None


class MiddlewareStep(NamedTuple):
    """
    What one step of a builder noted.

    Attributes:
        item: The middleware, or what names it.
        options: What it is made with.
    """

    item: object
    options: Mapping[str, object]


class MiddlewareBuilder:
    """
    A stack of middleware, the outermost first. Each step gives a new builder; the old one stays as it was.

    Args:
        steps: What to begin with; usually nothing.

    Raises:
        ConfigurationError: From `build()`, if a step cannot be made.

    Example:
        >>> from covet import CovetPy
        >>> base = MiddlewareBuilder().cors(allow_origins=["https://example.com"])
        >>> async def stamp(request, call_next):
        ...     return await call_next(request)
        >>> app = CovetPy()
        >>> app.add_middleware_stack(base.custom(stamp).build())
        >>> len(app.layers), len(base)
        (2, 1)
        >>> MiddlewareBuilder().cors(alow_origins=["https://example.com"]).build()
        Traceback (most recent call last):
            ...
        covet.options.UnknownOptionError: CORSMiddleware() has no option 'alow_origins'.
          Did you mean 'allow_origins'? Available: allow_credentials, allow_headers, ...
    """

    __slots__ = ("_steps",)

    def __init__(self, steps: Iterable[MiddlewareStep] = ()) -> None:
        self._steps = tuple(steps)

    def cors(self, **options: Unpack[CORSOptions]) -> Self:
        """Add CORS; see `CORSMiddleware` for its options. Without any, no other origin may read anything."""
        return self._add("cors", dict(options))

    def compression(self, minimum_size: int = 1000, level: int = 6, **options: Unpack[CompressionOptions]) -> Self:
        """
        Add compression of responses; see `CompressionMiddleware`.

        Args:
            minimum_size: Bytes from which on a body is worth it.
            level: How hard gzip tries, 1 to 9.
            **options: Its further options.
        """
        return self._add("compression", {"minimum_size": minimum_size, "level": level, **options})

    def rate_limit(
        self,
        calls: int = 100,
        period: float = 60,
        identifier: Identifier | None = None,
        **options: Unpack[RateLimitOptions],
    ) -> Self:
        """
        Add a limit of requests; see `RateLimitMiddleware`.

        Args:
            calls: How many requests a client may make.
            period: In how many seconds.
            identifier: Names the client; without one it is the network address.
            **options: Its further options.
        """
        return self._add("rate_limit", {"calls": calls, "period": period, "identifier": identifier, **options})

    def security_headers(
        self,
        hsts_enabled: bool = True,
        csp_policy: str | Mapping[str, Sequence[str]] | None = DEFAULT_POLICY,
        **options: Unpack[SecurityHeadersOptions],
    ) -> Self:
        """
        Add the headers that keep a page to itself; see `SecurityHeadersMiddleware`.

        Args:
            hsts_enabled: Whether browsers shall use `https` alone from now on.
            csp_policy: The Content-Security-Policy; `None` for none.
            **options: Its further options.
        """
        return self._add("security_headers", {"hsts_enabled": hsts_enabled, "csp_policy": csp_policy, **options})

    # Any: the options of a middleware of one's own, checked against its constructor in `build()`.
    def custom(self, middleware: object, /, **options: Any) -> Self:
        """
        Add any middleware.

        Args:
            middleware: A class, an instance, a function, a name in `get_middleware_registry()`, or
                `"package.module:Name"`.
            **options: What the class is made with.
        """
        return self._add(middleware, options)

    def build(self) -> list[Any]:  # Any: a Middleware, or a function of (request, call_next)
        """
        Make the middleware.

        Raises:
            ConfigurationError: If a step has an option that is unknown or wrong, or is no middleware.
            ExceptionGroup: If several are, with all of them.
        """
        made: list[Any] = []
        failures: list[Exception] = []
        for step in self._steps:
            try:
                middleware = make_from_options(step.item, step.options)
                make_layer(middleware)
            except ConfigurationError as exc:
                failures.append(exc)
            else:
                made.append(middleware)
        if len(failures) == 1:
            raise failures[0]
        if failures:
            raise ExceptionGroup(f"{len(failures)} middleware cannot be made.", failures)
        return made

    def __iter__(self) -> Iterator[Any]:  # Any: as in `build`
        """Give what `build()` makes, so that a builder may stand where a list of middleware does."""
        return iter(self.build())

    def __len__(self) -> int:
        return len(self._steps)

    def __repr__(self) -> str:
        return f"<MiddlewareBuilder: {', '.join(describe_middleware(step.item) for step in self._steps) or 'empty'}>"

    def _add(self, item: object, options: Mapping[str, object]) -> Self:
        return type(self)([*self._steps, MiddlewareStep(item, MappingProxyType(dict(options)))])


def make_from_options(item: object, options: Mapping[str, object]) -> Any:  # Any: as in `MiddlewareBuilder.build`
    """
    Make middleware of a name, a class or an instance, with options.

    Raises:
        ConfigurationError: If an option is unknown or missing, or if there are options and nothing to make with them.

    Example:
        >>> make_from_options("cors", {"allow_origins": ["https://example.com"]})
        <covet.middleware.cors.CORSMiddleware object at ...>
    """
    if isinstance(item, str):
        item = find_middleware(item)
    if not isinstance(item, type):
        if options:
            raise ConfigurationError(
                f"{describe_middleware(item)} is made already: it takes no options, got {', '.join(options)}.",
                hint="Pass the class, or make it with its options.",
            )
        return item
    _check_options(item, options)
    return item(**options)


def _check_options(cls: type, options: Mapping[str, object]) -> None:
    try:
        # What `refuse_unknown` stands around takes everything: what is within has the names.
        signature = inspect.signature(cls)
    except ValueError:
        return
    parameters = signature.parameters.values()
    if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        known = [parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_POSITIONAL]
        for name in options:
            if name not in known:
                raise UnknownOptionError(f"{cls.__name__}() has no option {name!r}.", hint=suggest(name, known))
    try:
        signature.bind(**options)
    except TypeError as exc:
        raise ConfigurationError(f"{cls.__name__} cannot be made with these options: {exc}.") from exc
