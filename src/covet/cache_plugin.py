"""
`CachePlugin`: the caches of an application.
"""

import logging
from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Final, Literal

from covet.app import CovetPy
from covet.cache.arguments import KEY_PREFIX, TTL
from covet.cache.backend import CacheBackend
from covet.cache.backends import find_backend_name
from covet.cache.errors import CacheBackendError
from covet.cache.front import Cache
from covet.cache.memory import MemoryCacheBackend
from covet.config import Settings, section
from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown
from covet.plugins import Plugin
from covet.plugins.base import HealthCheck
from covet.types import UNSET, Unset

logger = logging.getLogger("covet.cache")

_TAKEN: Final = frozenset({"", "default", "cache"})


@section
class CacheConfig:
    """
    What there is to say about caches besides the section `[cache]`: `[plugins.cache]`.

    Attributes:
        key_prefix: What tells the entries of this application from those of others in the same backend.
        on_error: What becomes of a cache whose backend is lost: `miss` takes it for empty, `raise` raises.
        caches: The URLs of further caches, by their names: `memory://` or `redis://host:6379/0`.
    """

    key_prefix: str = ""
    on_error: Literal["miss", "raise"] = "miss"
    caches: dict[str, str] = field(default_factory=dict)


class CachePlugin(Plugin):
    """
    Offer caches to the handlers and services of an application, which take a `Cache`.

    Further caches are told apart by their names: `Annotated[Cache, "pages"]`. Those that are in memory are other ones
    in each worker.

    Args:
        config: Its configuration.
        backend: What keeps the entries, in place of `cache.backend` of the settings: a name, or a `CacheBackend`.
        url: Where that is, in place of `cache.url`.
        ttl: How long entries last unless it is said, in place of `cache.default_ttl`.
        caches: The URLs of further caches by their names, in place of what the configuration says.

    Example:
        >>> from covet.testing import TestClient
        >>> app = CovetPy(plugins=[CachePlugin()])
        >>> @app.get("/")
        ... async def count(cache: Cache) -> int:
        ...     return await cache.increment("visits")
        >>> async with TestClient(app) as client:
        ...     [(await client.get("/")).text for _ in range(2)]
        ['1', '2']
    """

    name: ClassVar[str] = "cache"
    version: ClassVar[str] = "1.0.0"
    description: ClassVar[str] = "Results that are kept for a while, in memory or in Redis."
    Config = CacheConfig
    config: CacheConfig

    @refuse_unknown
    def __init__(
        self,
        config: Mapping[str, object] | CacheConfig | None = None,
        *,
        backend: str | CacheBackend | None = None,
        url: str | None = None,
        ttl: TTL | Unset = UNSET,
        caches: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(config)
        self._backend = backend
        self._url = url
        self._ttl = ttl
        self._named_urls = caches
        # The first one is that of the application.
        self._caches: dict[str, Cache] = {}

    @property
    def cache(self) -> Cache:
        """
        The application's cache.

        Raises:
            ConfigurationError: If the plugin belongs to no application yet.
        """
        if not self._caches:
            raise ConfigurationError("The plugin has no cache yet.", hint="Give it to an application first.")
        return self._caches["default"]

    def validate_config(self) -> None:
        """
        Refuse what no cache can be called.

        Raises:
            ConfigurationError: If there is such a name.
        """
        named = self.config.caches if self._named_urls is None else self._named_urls
        for name in named:
            if name in _TAKEN or KEY_PREFIX.fullmatch(name) is None:
                raise ConfigurationError(
                    f"A further cache cannot be called {name!r}.",
                    hint="The application's own one is given by backend= and url=. Call the others by what is in them, "
                    "in letters, digits, and the characters _.:-",
                )

    def init_app(self, app: CovetPy) -> None:
        """
        Register the caches; nothing is opened before somebody asks.

        Args:
            app: The application.

        Raises:
            ConfigurationError: If there is no such backend, or a URL is none of its own.
            MissingDependencyError: If the library of a backend is not installed.
        """
        settings, config = app.settings, self.config
        ttl: TTL = settings.cache.default_ttl if self._ttl is UNSET else self._ttl
        backend, url = self._choose(settings)
        # One key of two caches is two: the name stands in front of those of the further ones.
        self._caches = {"default": self._make(settings, backend, url, ttl, config.key_prefix)}
        named = config.caches if self._named_urls is None else self._named_urls
        for name, its in named.items():
            prefix = f"{config.key_prefix}{name}:"
            self._caches[name] = self._make(settings, find_backend_name(its), its, ttl, prefix)
        for name, cache in self._caches.items():
            app.container.register_instance(Cache, cache, qualifier=None if name == "default" else name)
        if self._ttl is UNSET:
            app.call_with_settings(self._follow)

    def _choose(self, settings: Settings) -> tuple[str | CacheBackend, str | None]:
        if self._backend is None and self._url is not None:
            return find_backend_name(self._url), self._url
        if self._backend is None:
            return settings.cache.backend, settings.cache.url
        if self._url is None and self._backend == settings.cache.backend:
            return self._backend, settings.cache.url
        return self._backend, self._url

    def _make(self, settings: Settings, backend: str | CacheBackend, url: str | None, ttl: TTL, prefix: str) -> Cache:
        if backend == "memory" and url in {None, "memory://"}:
            backend, url = MemoryCacheBackend(max_entries=settings.cache.max_entries), None
        return Cache(backend, url=url, ttl=ttl, key_prefix=prefix, on_error=self.config.on_error)

    def _follow(self, settings: Settings) -> None:
        for cache in self._caches.values():
            cache.change_ttl(settings.cache.default_ttl)

    async def on_startup(self) -> None:
        """
        See whether the backends answer; the log says of one that does not that its cache is taken for empty.

        Raises:
            CacheBackendError: If one does not, and `on_error` is `raise`.
        """
        for name, cache in self._caches.items():
            try:
                await cache.check()
            except CacheBackendError as exc:
                if self.config.on_error == "raise":
                    raise
                logger.warning("The cache %r does not answer, and is taken for empty: %s", name, exc)

    async def on_shutdown(self) -> None:
        """Close all caches, the last one first."""
        for cache in reversed(self._caches.values()):
            await cache.aclose()

    def health_checks(self) -> Mapping[str, HealthCheck]:
        """Name a check for each cache: `cache`, and `cache pages` of one that is called `pages`."""
        return {"cache" if name == "default" else f"cache {name}": cache.check for name, cache in self._caches.items()}


__all__ = ["CacheConfig", "CachePlugin"]
