"""
`covet plugins list module:app`: the plugins of an application, and whether they start.
"""

import asyncio
import json
from dataclasses import asdict, dataclass

import click

from covet.app import CovetPy
from covet.cli.application import NamedApplication, takes_application
from covet.server.target import explain
from covet.text_table import align_table

_HEADINGS = ("NAME", "VERSION", "STATE", "ORIGIN", "NEEDS", "REQUIRED", "INIT", "START", "STOP")


@dataclass(frozen=True, slots=True)
class PluginRow:
    """One line of the table; the times are seconds."""

    name: str
    version: str
    state: str
    origin: str
    dependencies: list[str]
    required: bool
    timings: dict[str, float]
    reason: str
    description: str


@click.group()
def plugins() -> None:
    """Show the plugins of the application at MODULE:APP."""


@plugins.command("list")
@takes_application
@click.option("--start", is_flag=True, help="Start the application and stop it again, to see which plugins do.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
def list_plugins(application: NamedApplication, *, start: bool, as_json: bool) -> None:
    """List the plugins of the application found at MODULE:APP, in the order of their start."""
    app = application.load_own("plugins to list")
    rows, error = asyncio.run(start_and_stop(app)) if start else (read_plugins(app), None)
    click.echo(json.dumps([asdict(row) for row in rows], indent=2) if as_json else make_table(rows, application.target))
    if error is not None:
        click.echo(f"{explain(error)}\nThe application could not be started and stopped.", err=True)
        raise SystemExit(1)


async def start_and_stop(app: CovetPy) -> tuple[list[PluginRow], Exception | None]:
    """
    Start an application and stop it again.

    Returns:
        The plugins as they stood once it had started, with the times of the stop; and what was raised, if anything was.
    """
    try:
        await app.startup()
    except Exception as exc:  # noqa: BLE001 - it is shown, below the table that says where it happened
        return read_plugins(app), exc
    states = {record.name: record.state.value for record in app.plugin_manager.records}
    error: Exception | None = None
    try:
        await app.shutdown()
    except Exception as exc:  # noqa: BLE001 - as above
        error = exc
    return read_plugins(app, states=states), error


def read_plugins(app: CovetPy, *, states: dict[str, str] | None = None) -> list[PluginRow]:
    """
    Read what is known about the plugins of an application.

    Args:
        app: The application.
        states: States to show instead of the present ones, by the names of the plugins.
    """
    return [
        PluginRow(
            name=record.name,
            version=record.plugin.version,
            state=(states or {}).get(record.name, record.state.value),
            origin=str(record.origin),
            dependencies=[str(requirement) for requirement in record.plugin.requirements],
            required=record.plugin.required,
            timings=dict(record.timings),
            reason=record.reason,
            description=record.plugin.description,
        )
        for record in app.plugin_manager.records
    ]


def make_table(rows: list[PluginRow], target: str) -> str:
    """
    Write the plugins as a table, and below it why some of them are not there.

    Example:
        >>> print(make_table([], "main:app"))
        main:app has no plugins.
    """
    if not rows:
        return f"{target} has no plugins."
    table = align_table(
        _HEADINGS,
        [
            (
                row.name,
                row.version,
                row.state,
                row.origin,
                ", ".join(row.dependencies),
                "yes" if row.required else "no",
                *(_write_time(row.timings.get(hook)) for hook in ("init_app", "on_startup", "on_shutdown")),
            )
            for row in rows
        ],
    )
    reasons = [f"{row.name} {row.state}: {row.reason}" for row in rows if row.reason]
    return "\n".join([table, *reasons])


def _write_time(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:.1f} ms"
