"""
`covet routes module:app`: list what an application answers.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import click

from covet.cli.application import NamedApplication, takes_application
from covet.core.route import Mount, Route
from covet.server.target import TargetError
from covet.text_table import align_table


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One line of the table."""

    methods: list[str]
    path: str
    name: str
    handler: str
    middleware: list[str]


@click.command()
@takes_application
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
def routes(application: NamedApplication, *, as_json: bool) -> None:
    """List the routes of the application found at MODULE:APP."""
    rows = read_routes(application.load(), application.target)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    if not rows:
        click.echo(f"{application} has no routes.")
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
            handler=name_of(route.handler),
            middleware=[name_of(item) for item in (*around, *route.all_middleware)],
        )
        for route in (*found, *getattr(router, "websocket_routes", ()))
    ]
    # An application that is mounted answers every method, and has its own middleware; files have this one's.
    mounts: Iterable[Mount] = getattr(router, "mounts", ())
    rows += [_make_mount_row(mount, around) for mount in mounts]
    return rows


def _make_mount_row(mount: Mount, around: Sequence[object]) -> RouteRow:
    route = mount.route
    if route is None:
        return RouteRow(["*"], f"{mount.prefix}/*", mount.name or "", name_of(mount.app), [])
    middleware = [name_of(item) for item in (*around, *route.all_middleware)]
    return RouteRow(sorted(route.methods), f"{mount.prefix}/*", mount.name or "", name_of(mount.app), middleware)


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


def name_of(thing: object) -> str:
    """
    Name a handler, a middleware or an application by its module and its qualified name.

    Example:
        >>> name_of(name_of)
        'covet.cli.routes:name_of'
    """
    if isinstance(thing, str):
        return thing
    title = getattr(thing, "layer_title", None)
    if isinstance(title, str):
        # A guard says for whom it is.
        return title
    named = thing if hasattr(thing, "__qualname__") else type(thing)
    qualified: str = getattr(named, "__qualname__", type(thing).__qualname__)
    module = getattr(named, "__module__", None)
    return f"{module}:{qualified}" if module else qualified
