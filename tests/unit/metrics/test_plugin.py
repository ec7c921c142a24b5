"""
`MetricsPlugin`: its page, who may read it, and its options.
"""

from typing import Any

import prometheus_client
import pytest

from covet import CovetPy, create_app
from covet.config import InvalidSettingsError, Settings, Sources
from covet.exceptions import ConfigurationError
from covet.metrics import MetricsConfig, MetricsPlugin
from covet.testing import TestClient

LOCAL = "http://localhost"
TOKEN = "a token of more than sixteen"


async def test_this_machine_may_read() -> None:
    """In the form that Prometheus asks for; nobody keeps a copy."""
    app = CovetPy(plugins=[MetricsPlugin])

    async with TestClient(app, base_url=LOCAL) as client:
        response = await client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert response.headers["cache-control"] == "no-store"
    assert "http_requests_in_progress 1.0" in response.text


@pytest.mark.parametrize(
    "client",
    [
        {"client": ("192.0.2.1", 50000)},
        {"headers": {"x-forwarded-for": "127.0.0.1"}},
        {"base_url": "http://evil.example"},
    ],
)
async def test_without_a_token_nobody_else_may(client: dict[str, object]) -> None:
    """For them nothing is there."""
    app = CovetPy(plugins=[MetricsPlugin])

    async with TestClient(app, **{"base_url": LOCAL, **client}) as stranger:  # type: ignore[arg-type]
        response = await stranger.get("/metrics")

    assert response.status_code == 404


async def test_with_a_token_everybody_may_who_shows_it() -> None:
    """And this machine not without it."""
    app = CovetPy(plugins=[MetricsPlugin(token=TOKEN)])

    async with TestClient(app, base_url="http://10.0.0.7", client=("10.0.0.9", 50000)) as client:
        good = [
            await client.get("/metrics", headers={"authorization": f"{scheme} {TOKEN}"})
            for scheme in ("Bearer", "bearer")
        ]
        bad = [
            await client.get("/metrics", headers=headers)
            for headers in ({}, {"authorization": f"Bearer {TOKEN}x"}, {"authorization": f"Basic {TOKEN}"})
        ]
    async with TestClient(app, base_url=LOCAL) as client:
        bad.append(await client.get("/metrics"))

    assert [response.status_code for response in good] == [200, 200]
    assert [response.status_code for response in bad] == [401] * 4
    assert {response.headers["www-authenticate"] for response in bad} == {"Bearer"}
    assert TOKEN not in "".join(response.text for response in bad)


async def test_settings_configure_it() -> None:
    """By its section; the environment has the token."""
    settings = Settings(
        sources=Sources.none(),
        plugins={"metrics": {"path": "/internal/metrics", "token": TOKEN}},
    )
    app = create_app(settings, plugins=[MetricsPlugin])

    async with TestClient(app) as client:
        response = await client.get("/internal/metrics", headers={"authorization": f"Bearer {TOKEN}"})

    assert response.status_code == 200
    assert TOKEN not in repr(settings)


async def test_metrics_of_ones_own_are_shown() -> None:
    """They are made with the registry of the plugin."""
    plugin = MetricsPlugin(exporter="prometheus")
    app = CovetPy(plugins=[plugin])
    prometheus_client.Counter("orders", "Orders.", registry=plugin.registry).inc(2)

    async with TestClient(app, base_url=LOCAL) as client:
        response = await client.get("/metrics")

    assert "orders_total 2.0" in response.text


def test_a_registry_may_be_given() -> None:
    """For several parts of one program."""
    registry = prometheus_client.CollectorRegistry()
    plugin = MetricsPlugin(registry=registry)

    CovetPy(plugins=[plugin])

    assert plugin.registry is registry


async def test_the_page_is_in_no_document() -> None:
    """OpenAPI describes the application's own routes."""
    app = CovetPy(plugins=[MetricsPlugin, "covet.openapi:OpenAPIPlugin"])

    async with TestClient(app) as client:
        document = (await client.get("/openapi.json")).json()

    assert document["paths"] == {}


async def test_an_application_may_be_started_again() -> None:
    """The numbers go on."""
    app = CovetPy(plugins=[MetricsPlugin])

    for _ in range(2):
        async with TestClient(app, base_url=LOCAL) as client:
            response = await client.get("/metrics")

    assert 'http_requests_total{method="GET",route="/metrics",status="200"} 1.0' in response.text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"exporter": "statsd"}, "exporter"),
        ({"path": "metrics"}, "plugins.metrics.path must be a path, got 'metrics'"),
        ({"path": "/{name}"}, "plugins.metrics.path must be a path"),
        ({"buckets": (2.0, 1.0)}, "Buckets not in sorted order"),
        ({"buckets": ()}, "Must have at least one bucket|buckets"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    """When the application is made."""
    with pytest.raises((ConfigurationError, InvalidSettingsError), match=message):
        CovetPy(plugins=[MetricsPlugin(**options)])


def test_production_wants_a_long_token() -> None:
    """Whoever guesses it reads how the application is used."""
    settings = Settings(sources=Sources.none(), environment="production", plugins={"metrics": {"token": "short"}})

    with pytest.raises(InvalidSettingsError, match=r"plugins\.metrics\.token has 5 bytes, fewer than 16"):
        CovetPy(settings=settings, plugins=[MetricsPlugin])


def test_unknown_options_are_refused() -> None:
    """With the one that was meant; a whole config takes none besides."""
    with pytest.raises(
        ConfigurationError, match=r"MetricsPlugin\(\) has no option 'exportr'.\n  Did you mean 'exporter'"
    ):
        MetricsPlugin(exportr="prometheus")

    with pytest.raises(ConfigurationError, match="has a config as a whole, and 'path' besides"):
        MetricsPlugin(MetricsConfig(), path="/m")


def test_there_is_nothing_before_there_is_an_application() -> None:
    """The error says what to do."""
    with pytest.raises(ConfigurationError, match=r"no metrics yet.\n  Give it to an application first."):
        _ = MetricsPlugin().registry
