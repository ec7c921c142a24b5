"""
`MetricsPlugin`: counts the requests of an application, and answers whoever collects the numbers.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, ClassVar, Final, Literal

from covet.app import CovetPy
from covet.config import Secret, section
from covet.exceptions import AuthenticationError, ConfigurationError, NotFoundError, suggest
from covet.http.locality import may_look
from covet.http.request import Request
from covet.http.response import Response
from covet.metrics.prometheus import PrometheusExporter
from covet.metrics.requests import MetricsMiddleware
from covet.options import UnknownOptionError
from covet.plugins import Plugin
from covet.security import is_same_secret
from covet.threads import run_in_thread
from covet.validation import Constraints

_SCHEME: Final = "bearer "


@section
class MetricsConfig:
    """
    What there is to say about metrics: `[plugins.metrics]`.

    Attributes:
        exporter: Who collects them.
        path: Where they are.
        token: What whoever collects shows as `Authorization: Bearer`; without one, only this machine may ask.
        buckets: The upper limits that durations are sorted by, in seconds.
    """

    exporter: Literal["prometheus"] = "prometheus"
    path: str = "/metrics"
    token: Annotated[Secret | None, Constraints(min_length=16)] = None
    buckets: tuple[float, ...] = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


_OPTIONS: Final = tuple(item.name for item in fields(MetricsConfig))


class MetricsPlugin(Plugin):
    """
    Count requests, and show the numbers to Prometheus.

    Args:
        config: The configuration as a mapping or a `MetricsConfig`; it wins over `[plugins.metrics]`.
        registry: The `CollectorRegistry` that has the metrics; one of the application's own by default.
        **options: See `MetricsConfig`.

    Raises:
        UnknownOptionError: If there is no such option.
        ConfigurationError: If there are a whole config and options besides.

    Example:
        >>> from covet.testing import TestClient
        >>> app = CovetPy(plugins=[MetricsPlugin(exporter="prometheus")])
        >>> @app.get("/users/{user_id}")
        ... async def show_user(user_id: int) -> int:
        ...     return user_id
        >>> async with TestClient(app, base_url="http://localhost") as client:
        ...     user = await client.get("/users/7")
        ...     metrics = await client.get("/metrics")
        >>> 'http_requests_total{method="GET",route="/users/{user_id}",status="200"} 1.0' in metrics.text
        True
    """

    name: ClassVar[str] = "metrics"
    version: ClassVar[str] = "1.0.0"
    description: ClassVar[str] = "Counts requests, for Prometheus."
    Config: ClassVar[type[Any] | None] = MetricsConfig
    config: MetricsConfig

    # Any: a registry of prometheus-client, which its adapter alone imports; the options of MetricsConfig.
    def __init__(
        self, config: Mapping[str, object] | MetricsConfig | None = None, *, registry: Any = None, **options: Any
    ) -> None:
        for option in options:
            if option not in _OPTIONS:
                raise UnknownOptionError(
                    f"{type(self).__name__}() has no option {option!r}.", hint=suggest(option, ("registry", *_OPTIONS))
                )
        if isinstance(config, MetricsConfig) and options:
            raise ConfigurationError(
                f"{type(self).__name__} has a config as a whole, and {', '.join(map(repr, options))} besides.",
                hint="Say everything in one of the two.",
            )
        super().__init__({**config, **options} if isinstance(config, Mapping) else config or options)
        self._registry = registry
        self._exporter: PrometheusExporter | None = None

    # Any: as above.
    @property
    def registry(self) -> Any:
        """
        The registry, for metrics of one's own, once the plugin belongs to an application.

        Raises:
            ConfigurationError: If it does not yet.
        """
        return self._get_exporter().registry

    def validate_config(self) -> None:
        """
        Refuse a path that could not be served.

        Raises:
            ConfigurationError: If so.
        """
        path = self.config.path
        if not path.startswith("/") or any(mark in path for mark in "{}?#"):
            raise ConfigurationError(
                f"plugins.metrics.path must be a path, got {path!r}.",
                hint='Write a slash before it, and no parameters: "/metrics".',
            )

    def init_app(self, app: CovetPy) -> None:
        """
        Count the requests, and add the page.

        Args:
            app: The application.

        Raises:
            MissingDependencyError: If prometheus-client is not installed.
            ConfigurationError: If the buckets cannot be, or the registry has such metrics.
        """
        self._exporter = PrometheusExporter(self._registry, buckets=self.config.buckets)
        app.add_middleware(MetricsMiddleware(self._exporter))
        app.add_route(self.config.path, self._show, name="metrics", include_in_schema=False)

    async def on_shutdown(self) -> None:
        """Take this process out of the numbers that several share."""
        await run_in_thread(self._get_exporter().close)

    async def _show(self, request: Request) -> Response:
        self._check_reader(request)
        content, media_type = await run_in_thread(self._get_exporter().write, request.headers.get("accept", ""))
        return Response(content, headers={"cache-control": "no-store", "vary": "Accept"}, media_type=media_type)

    def _check_reader(self, request: Request) -> None:
        token = self.config.token
        if token is None:
            if not may_look(request):
                raise NotFoundError
            return
        shown = request.headers.get("authorization", "")
        is_bearer = shown[: len(_SCHEME)].lower() == _SCHEME
        if not is_bearer or not is_same_secret(shown[len(_SCHEME) :].strip(), token.reveal()):
            raise AuthenticationError("The token is missing or wrong.", headers={"WWW-Authenticate": "Bearer"})

    def _get_exporter(self) -> PrometheusExporter:
        if self._exporter is None:
            raise ConfigurationError("The plugin has no metrics yet.", hint="Give it to an application first.")
        return self._exporter


__all__ = ["MetricsConfig", "MetricsPlugin"]
