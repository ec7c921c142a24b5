"""
`covet routes module:app`: list what an application answers.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import click

from covet.cli.table import align_table
from covet.core.route import Mount, Route
from covet.exceptions import ConfigurationError
from covet.server.running import explain_and_exit
from covet.server.target import ImportTarget, TargetError


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One line of the table."""

    methods: list[str]
    path: str
    name: str
    handler: str
    middleware: list[str]


@click.command()
@click.argument("target", metavar="MODULE:APP")
@click.option("--factory", is_flag=True, help="MODULE:APP is a function that makes the application.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
def routes(target: str, *, factory: bool, as_json: bool) -> None:
    """List the routes of the application found at MODULE:APP."""
    try:
        rows = read_routes(ImportTarget.parse(target, factory=factory).load(), target)
    except ConfigurationError as exc:
        raise explain_and_exit(exc) from exc
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    if not rows:
        click.echo(f"{target} has no routes.")
        return
    click.echo(make_table(rows))


def read_routes(app: object, target: str) -> list[RouteRow]:
    """
    Read the routes of an application's router, and what is mounted in it.

    The middleware of a route is all that runs around it: the application's, that of its routers, its own.

    Raises:
        TargetError: If the application has no router: it is not CovetPy's.
    """
    router = getattr(app, "router", None)
    found: Iterable[Route] | None = getattr(router, "routes", None)
    if not isinstance(found, Iterable):
        raise TargetError(f"{target!r} has no router.routes to list.", hint="This command reads CovetPy applications.")
    around = tuple(getattr(app, "layers", ()))
    rows = [
        RouteRow(
            methods=sorted(route.methods),
            path=route.path,
            name=route.name,
            handler=_name_of(route.handler),
            middleware=[_name_of(item) for item in (*around, *route.all_middleware)],
        )
        for route in (*found, *getattr(router, "websocket_routes", ()))
    ]
    # What is mounted answers every method, and has its own middleware.
    mounts: Iterable[Mount] = getattr(router, "mounts", ())
    rows += [RouteRow(["*"], f"{mount.prefix}/*", mount.name or "", _name_of(mount.app), []) for mount in mounts]
    return rows


def make_table(rows: Sequence[RouteRow]) -> str:
    """
    Align the rows under their headings.

    Example:
        >>> print(make_table([RouteRow(["GET"], "/", "home", "app:home", [])]))
        METHOD  PATH  NAME  HANDLER   MIDDLEWARE
        GET     /     home  app:home  -
    """
    return align_table(
        ("METHOD", "PATH", "NAME", "HANDLER", "MIDDLEWARE"),
        [(",".join(row.methods), row.path, row.name, row.handler, ", ".join(row.middleware)) for row in rows],
    )


def _name_of(thing: object) -> str:
    if isinstance(thing, str):
        return thing
    named = thing if hasattr(thing, "__qualname__") else type(thing)
    qualified: str = getattr(named, "__qualname__", type(thing).__qualname__)
    module = getattr(named, "__module__", None)
    return f"{module}:{qualified}" if module else qualified
