"""
`create_app`: an application of its settings.

It must never read the environment or a file: that is the business of the settings.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from covet.app import CovetPy
from covet.core.configured_application import check_settings
from covet.core.middleware import describe_middleware, make_middleware
from covet.exceptions import ConfigurationError, CovetError

if TYPE_CHECKING:
    from covet.config import Settings


class AssemblyError(ConfigurationError):
    """
    Several parts of an application cannot be made; `errors` has all of them.

    Example:
        >>> errors = [ConfigurationError("'a' is wrong.", hint="Write 'b'."), ConfigurationError("And 'c'.")]
        >>> print(AssemblyError(errors))
        2 parts of the application cannot be made.
          'a' is wrong.
            Write 'b'.
          And 'c'.
    """

    def __init__(self, errors: Sequence[CovetError]) -> None:
        super().__init__(f"{len(errors)} parts of the application cannot be made.")
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {line}" for error in self.errors for line in str(error).splitlines())])


class ProfileLayer(NamedTuple):
    """
    A middleware that an application gets by its settings.

    Attributes:
        name: Its name in the registry of middleware.
        read_options: Reads its options from the settings; `None` leaves it out.
        environments: Where it is used; everywhere by default.
        adopt: Has one that was made so take over settings that have changed.
        is_named_only: Whether it is used only if it is named; then it has the options of the settings.
    """

    name: str
    read_options: "Callable[[Settings], Mapping[str, object] | None]"
    environments: frozenset[str] | None = None
    # Any: a middleware of the class that the name stands for.
    adopt: "Callable[[Any, Settings], None] | None" = None
    is_named_only: bool = False

    def find_options(self, settings: "Settings") -> Mapping[str, object] | None:
        """Return what to make it with; `None` if the settings do not ask for it."""
        if self.environments is not None and settings.environment not in self.environments:
            return None
        return self.read_options(settings)


def _read_handler_timeout(settings: "Settings") -> Mapping[str, object] | None:
    timeout = settings.limits.handler_timeout
    return None if timeout is None else {"timeout": timeout}


def _read_body_limit(settings: "Settings") -> Mapping[str, object]:
    return {"max_size": settings.server.body_limit}


def _read_cors_options(settings: "Settings") -> Mapping[str, object] | None:
    security = settings.security
    if not security.cors_allow_origins:
        return None
    return {
        "allow_origins": security.cors_allow_origins,
        "allow_credentials": security.cors_allow_credentials,
        "allow_methods": security.cors_allow_methods,
        "allow_headers": security.cors_allow_headers,
        "expose_headers": security.cors_expose_headers,
    }


def _read_trusted_hosts(settings: "Settings") -> Mapping[str, object] | None:
    hosts = settings.security.allowed_hosts
    return {"allowed_hosts": hosts} if hosts else None


def _read_trusted_proxies(settings: "Settings") -> Mapping[str, object] | None:
    proxies = settings.security.trusted_proxies
    return {"trusted_proxies": proxies} if proxies else None


def _read_rate_limit(settings: "Settings") -> Mapping[str, object] | None:
    security = settings.security
    if not security.rate_limit_enabled:
        return None
    return {
        "calls": security.rate_limit_requests,
        "period": security.rate_limit_window,
        "store": security.rate_limit_store,
    }


# Any: a `RateLimitMiddleware`, whose module is loaded when one is made.
def _adopt_rate_limit(middleware: Any, settings: "Settings") -> None:
    try:
        middleware.change_limit(settings.security.rate_limit_requests, settings.security.rate_limit_window)
    except ConfigurationError as exc:
        # The application goes on with the limit that it has.
        _LOGGER.warning("The rate limit of the settings is not taken over: %s", exc.message)


def _read_no_options(settings: "Settings") -> Mapping[str, object]:  # noqa: ARG001
    return {}


def _read_debug_toolbar(settings: "Settings") -> Mapping[str, object] | None:
    return {} if settings.debug else None


# What was made with the options of the settings, and of which layer of the profile.
_Made = list[tuple[ProfileLayer, object]]

_LOGGER: Final = logging.getLogger("covet.config")


def _read_session_options(settings: "Settings") -> Mapping[str, object]:
    # Loaded here: few applications have sessions.
    from covet.config.key_ring import make_key_ring

    store = settings.security.session_store
    return {"secret_key": make_key_ring(settings, needed_for="SessionMiddleware"), "store": store}


def _read_csrf_options(settings: "Settings") -> Mapping[str, object]:
    # As above. Without a key, tokens belong to sessions.
    from covet.config.key_ring import make_key_ring

    if not settings.security.secret_key:
        return {}
    return {"secret_key": make_key_ring(settings, needed_for="CSRFMiddleware")}


def _read_cache_options(settings: "Settings") -> Mapping[str, object]:
    # APPSEC: what tells the entries of applications apart that share a backend tells their pages apart, too.
    prefix = settings.plugins.get("cache", {}).get("key_prefix", "")
    return {"backend": settings.cache.backend, "url": settings.cache.url, "key_prefix": f"{prefix}http:"}


# What its settings add: naming it adds nothing.
_BY_SETTINGS: Final = {
    "trusted_hosts": "Leave the name out, and set security.allowed_hosts: it is added then.",
    "proxy_headers": "Leave the name out, and set security.trusted_proxies: it is added then.",
}
_DEPLOYED: Final = frozenset({"staging", "production"})

# The outermost first. What is outermost sees every response, an error's too.
PROFILE: Final[tuple[ProfileLayer, ...]] = (
    ProfileLayer("body_limit", _read_body_limit, is_named_only=True),
    ProfileLayer("timeout", _read_handler_timeout),
    ProfileLayer("trusted_hosts", _read_trusted_hosts),
    ProfileLayer("proxy_headers", _read_trusted_proxies),
    ProfileLayer("request_id", _read_no_options, _DEPLOYED),
    ProfileLayer("request_logging", _read_no_options, _DEPLOYED),
    ProfileLayer("security_headers", _read_no_options, _DEPLOYED),
    ProfileLayer("cors", _read_cors_options),
    ProfileLayer("debug_toolbar", _read_debug_toolbar, frozenset({"development"})),
    ProfileLayer("session", _read_session_options, is_named_only=True),
    ProfileLayer("csrf", _read_csrf_options, is_named_only=True),
    ProfileLayer("rate_limit", _read_rate_limit, adopt=_adopt_rate_limit),
    ProfileLayer("cache", _read_cache_options, is_named_only=True),
)
"""The middleware that `create_app` adds by itself, around all others, or has options for."""


# Any: settings by their names, checked there.
def create_app(
    settings: "Settings | None" = None,
    middleware: Iterable[object] | None = None,
    plugins: Iterable[object] | None = None,
    **overrides: Any,
) -> CovetPy:
    """
    Make an application of its settings; each call makes another one, and changes nothing else.

    From the outside in, its middleware is that of the profile (see `PROFILE`), that which the settings name, that which
    is given here, and that of the plugins. Middleware of a class that the profile has too takes its place there; where
    only its name or class is given, its options are those of the settings all the same.

    Args:
        settings: The settings; read from their sources if left out.
        middleware: Instances, classes, functions, names in `get_middleware_registry()` or `"package.module:Name"`; a
            `MiddlewareBuilder`, too.
        plugins: Plugins: instances, classes or `"package.module:Name"`.
        **overrides: Settings that have other values here: `debug=True`, `server={"port": 9000}`.

    Raises:
        InvalidSettingsError: If a setting is wrong or unknown; lists all of them.
        ConfigurationError: If a middleware or plugin cannot be made.
        AssemblyError: If several cannot.

    Example:
        >>> from covet.config import Settings, Sources
        >>> settings = Settings(environment="testing", sources=Sources.none())
        >>> app = create_app(settings, security={"cors_allow_origins": ["https://example.com"]})
        >>> [type(layer).__name__ for layer in app.layers], settings.security.cors_allow_origins
        (['CORSMiddleware'], ())
        >>> create_app(settings, debuk=True)
        Traceback (most recent call last):
            ...
        covet.config.errors.InvalidSettingsError: 1 setting is wrong.
          debuk is no setting. Did you mean 'debug'? Available: ...
    """
    settings = _complete(settings, overrides)
    # The middleware is listed by a text, too: a text alone is one of them.
    _refuse_text("middleware", middleware)
    _refuse_text("plugins", plugins)
    extensions = list(plugins or ())
    made: _Made = []
    own = _make_layers(settings, [*settings.middleware, *(middleware or ())], extensions, made)
    app = CovetPy(
        debug=settings.debug,
        middleware=_stack(settings, own, made),
        plugins=extensions,
        settings=settings,
    )
    app.state.settings = settings
    for layer, item in made:
        if layer.adopt is not None:
            app.call_with_settings(partial(layer.adopt, item))
    return app


def _complete(settings: "Settings | None", overrides: Mapping[str, Any]) -> "Settings":
    # Loaded here: `import covet` offers this function, and few programs call it.
    from covet.config import Settings

    if settings is None:
        return Settings(**overrides)
    settings = check_settings(settings)
    return settings.replace(**overrides) if overrides else settings


def _refuse_text(argument: str, items: object) -> None:
    if isinstance(items, str):
        raise ConfigurationError(f"{argument} must be a list, got {items!r}.", hint=f"Write [{items!r}].")


def _make_layers(
    settings: "Settings", items: Iterable[object], plugins: Sequence[object], from_settings: _Made
) -> list[object]:
    """Make the user's middleware; if some cannot be made, all of it is told, with what is wrong with the plugins."""
    made: list[object] = []
    failures: list[CovetError] = []
    for item in items:
        try:
            made.append(_make_one(settings, item, from_settings))
        except CovetError as exc:
            failures.append(exc)
    if failures:
        failures += _check_plugins(settings, plugins)
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise AssemblyError(failures)
    return made


def _make_one(settings: "Settings", item: object, from_settings: _Made) -> object:
    # Loaded here, as above.
    from covet.middleware.builder import make_from_options
    from covet.middleware.registry import find_middleware, get_middleware_registry

    found = find_middleware(item) if isinstance(item, str) else item
    for layer in PROFILE:
        if found is get_middleware_registry().get_or_fail(layer.name):
            # Whoever writes no more than its name has options for it in the settings.
            options = layer.find_options(settings)
            if options is not None:
                made: object = make_from_options(found, options)
                from_settings.append((layer, made))
                return made
    if not isinstance(item, str):
        return make_middleware(found)
    try:
        return make_middleware(make_from_options(found, {}))
    except ConfigurationError as exc:
        way = _BY_SETTINGS.get(
            item, f"Give it with its options: create_app(settings, [{describe_middleware(found)}(...)])."
        )
        raise ConfigurationError(f"{item!r} cannot be made of its name alone. {exc.message}", hint=way) from exc


def _check_plugins(settings: "Settings", plugins: Sequence[object]) -> list[CovetError]:
    from covet.plugins.discovery import find_candidates

    try:
        find_candidates(plugins, settings.discover_plugins)
    except CovetError as exc:
        return [exc]
    return []


def _stack(settings: "Settings", own: list[object], from_settings: _Made) -> list[object]:
    """Put the layers in order: the profile's, each unless one of the user's takes its place, then all others."""
    # Loaded here, as above.
    from covet.middleware.builder import make_from_options
    from covet.middleware.registry import get_middleware_registry

    outermost: list[object] = []
    for layer in PROFILE:
        if layer.is_named_only:
            continue
        cls = get_middleware_registry().get_or_fail(layer.name)
        replacing = [item for item in own if isinstance(item, cls)]
        options = layer.find_options(settings)
        if options is not None:
            if not replacing:
                made: object = make_from_options(cls, options)
                from_settings.append((layer, made))
                outermost.append(made)
            outermost += replacing
            own = [item for item in own if item not in replacing]
    return [*outermost, *own]
