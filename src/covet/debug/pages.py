"""
What the debug pages show: routes, configuration, services, plugins, events.

Each function reads an application through its public surface, and changes nothing about it.
"""

import platform
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final

from covet._version import __version__
from covet.app import CovetPy
from covet.config.masking import show
from covet.core.route import Route
from covet.core.route_limits import RouteLimits, find_limits
from covet.debug.page import Page, Table
from covet.di.path import shorten_place
from covet.error_text import describe_callable
from covet.events import EventHistoryError
from covet.introspection import type_name
from covet.plugins import HealthReport, PluginRecord
from covet.types import UNSET

_MAX_EVENTS: Final = 200


async def show_routes(app: CovetPy) -> Page:
    """Show the routes and what is mounted: each with its handler, middleware and limits; these pages are left out."""
    around = [_name(layer) for layer in app.layers]
    routes = _list_routes(app)
    limits = [_find_limits(app, route) for route in routes]
    data = [_read_route(route, around, said) for route, said in zip(routes, limits, strict=True)]
    mounts = [
        {"prefix": mount.prefix or "/", "name": mount.name, "app": _name(mount.app)} for mount in app.router.mounts
    ]
    rows = tuple(
        (
            ", ".join(route.methods),
            route.path,
            route.name,
            describe_callable(route.handler),
            ", ".join([*around, *map(_name, route.all_middleware)]),
            _write_limits(said),
        )
        for route, said in zip(routes, limits, strict=True)
    )
    mounted = tuple((str(mount["prefix"]), str(mount["name"] or ""), str(mount["app"])) for mount in mounts)
    tables = (
        Table("Routes", ("Methods", "Path", "Name", "Handler", "Middleware", "Limits"), rows, "There are no routes."),
        Table("Mounted", ("Prefix", "Name", "Application"), mounted, "Nothing is mounted."),
    )
    return Page("routes", "Routes", {"routes": data, "mounts": mounts}, tables)


def _list_routes(app: CovetPy) -> list[Route]:
    return [route for route in app.router.routes if not describe_callable(route.handler).startswith("covet.debug.")]


def _find_limits(app: CovetPy, route: Route) -> RouteLimits:
    if route.endpoint is None:
        return find_limits(route, (*app.layers, *route.all_middleware))
    size = route.endpoint.limits.max_size
    return RouteLimits(UNSET if size == app.body_limits.max_size else size, route.endpoint.timeout)


def _read_route(route: Route, around: list[str], limits: RouteLimits) -> dict[str, object]:
    return {
        "methods": list(route.methods),
        "path": route.path,
        "name": route.name,
        "handler": describe_callable(route.handler),
        "middleware": [*around, *map(_name, route.all_middleware)],
        "tags": list(route.all_tags),
        "timeout": limits.timeout or None,
        "body_limit": "the application's" if limits.body_limit is UNSET else limits.body_limit,
        "cancel_on_disconnect": route.cancel_on_disconnect,
        "deprecated": route.deprecation,
        "include_in_schema": route.include_in_schema,
    }


def _write_limits(limits: RouteLimits) -> str:
    parts = [f"{limits.timeout:g} s"] if limits.timeout else []
    if limits.body_limit is not UNSET:
        parts.append("any body" if limits.body_limit is None else f"body {limits.body_limit} bytes")
    return ", ".join(parts)


async def show_config(app: CovetPy) -> Page:
    """Show every setting: its value, masked if it is secret, and the layer, file and line that gave it."""
    settings = app.settings
    explanation = settings.explain()
    rows = tuple(
        (
            row.path,
            show(row.value, name=row.path.rpartition(".")[2]),
            row.origin.layer,
            row.origin.name,
            "" if row.origin.file is None else str(row.origin.file),
            "" if row.origin.line is None else str(row.origin.line),
            "yes" if row.is_reloadable else "",
        )
        for row in explanation
    )
    data = {"environment": str(settings.environment), "settings": explanation.to_list()}
    headings = ("Setting", "Value", "Layer", "Name there", "File", "Line", "Reloadable")
    return Page("config", "Configuration", data, (Table(f"Settings for {settings.environment}", headings, rows),))


async def show_services(app: CovetPy) -> Page:
    """Show what the container makes, for whom and how long it lives; what was registered as a value stays there."""
    diagram = app.container.graph().without_unused()
    rows = tuple(
        (
            service.name,
            service.lifetime or "asks",
            service.made_by,
            ", ".join(
                f"{need.parameter}: {'Provider of ' if need.is_late else ''}{need.service}" for need in service.needs
            ),
            shorten_place(service.where),
        )
        for service in diagram.services
    )
    table = Table("Services", ("Service", "Lifetime", "Made by", "Needs", "Where"), rows, "There are no services.")
    return Page(
        "di",
        "Dependency injection",
        {"services": diagram.to_list()},
        (table,),
        drawing=diagram.to_text(),
        sources={"text": diagram.to_text(), "mermaid": diagram.to_mermaid()},
    )


async def show_plugins(app: CovetPy) -> Page:
    """Show the plugins in the order of their start: state, origin, times; and their health, which is asked now."""
    records = app.plugin_manager.records
    health = await app.plugin_manager.check_health()
    rows = tuple(
        (
            record.name,
            record.plugin.version,
            record.state.value,
            str(record.origin),
            ", ".join(map(str, record.plugin.requirements)),
            "yes" if record.plugin.required else "no",
            *(_write_time(record.timings.get(hook)) for hook in ("init_app", "on_startup", "on_shutdown")),
            record.reason,
        )
        for record in records
    )
    checks = tuple(
        (
            report.name,
            report.plugin,
            "healthy" if report.is_healthy else "not healthy",
            _write_time(report.seconds),
            _write_error(report),
        )
        for report in health.values()
    )
    headings = ("Plugin", "Version", "State", "Origin", "Needs", "Required", "Init", "Start", "Stop", "Reason")
    tables = (
        Table("Plugins", headings, rows, "There are no plugins."),
        Table("Health", ("Check", "Plugin", "State", "Time", "Error"), checks, "There are no checks."),
    )
    data = {
        "plugins": [_read_record(record) for record in records],
        "health": {
            report.name: {
                "plugin": report.plugin,
                "is_healthy": report.is_healthy,
                "seconds": report.seconds,
                "error": _write_error(report),
            }
            for report in health.values()
        },
    }
    return Page("plugins", "Plugins", data, tables)


def _read_record(record: PluginRecord) -> dict[str, object]:
    return {
        "name": record.name,
        "version": record.plugin.version,
        "description": record.plugin.description,
        "state": record.state.value,
        "origin": str(record.origin),
        "dependencies": [str(requirement) for requirement in record.plugin.requirements],
        "required": record.plugin.required,
        "timings": dict(record.timings),
        "reason": record.reason,
    }


async def show_events(app: CovetPy) -> Page:
    """Show who listens, and which events there were: their types and identifiers, never what they carry."""
    subscriptions = [
        {
            "event": item.target if isinstance(item.target, str) else type_name(item.target),
            "handler": item.bound.name,
            "priority": item.priority,
            "injected": {name: type_name(annotation) for name, annotation in item.bound.injected.items()},
        }
        for item in app.events.subscriptions
    ]
    try:
        history = app.events.get_history()
    except EventHistoryError:
        kept, history = False, []
    else:
        kept = True
    # The newest first, and no more than a reader wants.
    events = [
        {"type": event.event_type, "id": event.event_id, "timestamp": event.timestamp.isoformat()}
        for event in history[: -_MAX_EVENTS - 1 : -1]
    ]
    listeners = tuple((str(item["event"]), str(item["handler"]), str(item["priority"])) for item in subscriptions)
    tables = (
        Table("Subscriptions", ("Event", "Handler", "Priority"), listeners, "Nobody listens."),
        Table(
            "History, the newest first",
            ("Type", "Identifier", "Time"),
            tuple((event["type"], event["id"], event["timestamp"]) for event in events),
            "There were no events." if kept else "It is not kept: EventBus(enable_history=True) does.",
        ),
    )
    data = {"subscriptions": subscriptions, "history_enabled": kept, "history": events}
    return Page("events", "Events", data, tables)


async def show_index(app: CovetPy) -> Page:
    """Show what runs here, and where the other pages are."""
    settings = app.settings
    facts = {
        "application": settings.app.name,
        "version": settings.app.version,
        "environment": str(settings.environment),
        "debug": app.debug,
        "ready": app.is_ready,
        "routes": len(_list_routes(app)),
        "plugins": len(app.plugin_manager.records),
        "covet": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }
    rows = tuple((name, str(value)) for name, value in facts.items())
    pages = [{"name": name, "title": title} for name, (title, _) in PAGES.items()]
    return Page("", "Debug pages", {**facts, "pages": pages}, (Table("What runs here", ("", ""), rows),))


PageMaker = Callable[[CovetPy], Awaitable[Page]]

PAGES: Final[Mapping[str, tuple[str, PageMaker]]] = MappingProxyType(
    {
        "routes": ("Routes", show_routes),
        "config": ("Configuration", show_config),
        "di": ("Dependency injection", show_services),
        "plugins": ("Plugins", show_plugins),
        "events": ("Events", show_events),
    }
)
"""The pages by the last part of their paths: title, and what makes them. The first page is not among them."""


def _name(thing: object) -> str:
    return thing if isinstance(thing, str) else describe_callable(thing)  # type: ignore[arg-type]


def _write_time(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.1f} ms"


def _write_error(report: HealthReport) -> str:
    return "" if report.error is None else f"{type(report.error).__name__}: {report.error}"
