"""
What a router holds, and how it reaches the routers that include that one.

A table that is included stays live: what is attached to it is attached to every table above it in the same step.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from covet.core.path_template import PathTemplate
from covet.core.route import METHODS, WEBSOCKET, Mount, Route, RouteGroup
from covet.core.route_names import RouteNames
from covet.core.route_tree import RouteTree
from covet.error_text import describe_callable
from covet.exceptions import RouteConflictError, RouteError


@dataclass(slots=True, eq=False)
class Inclusion:
    """
    A table's place in another one.

    Attributes:
        parent: The other table.
        prefix: What stands before the paths there.
        group: What the routes inherit there, besides what they inherit already.
        name_prefix: What stands before the names there.
    """

    parent: "RouteTable"
    prefix: PathTemplate | None
    group: RouteGroup
    name_prefix: str

    def transform(self, route: Route) -> Route:
        """Make the route that the parent has for one of the table's."""
        template = route.template.with_prefix(self.prefix)
        groups = (self.parent.group, self.group, *route.groups)
        name = f"{self.name_prefix}{route.name}"
        return replace(route, path=template.text, template=template, groups=groups, name=name, endpoint=None)

    def transform_mount(self, mount: Mount) -> Mount:
        """Make the mount that the parent has for one of the table's."""
        route = None if mount.route is None else self.transform(mount.route)
        groups = (self.parent.group, self.group, *mount.groups)
        if self.prefix is None:
            return replace(mount, route=route, groups=groups)
        prefix = self.prefix.text + mount.prefix
        if not self.prefix.is_static:
            raise RouteError("The prefix of a mounted application has no parameters.", route=prefix)
        return replace(mount, prefix=prefix, route=route, groups=groups)


class RouteTable:
    """
    Routes, mounts and names, and the tables they are included in.

    Attributes:
        group: What its routes inherit.
        methods: The methods that routes may have.
        prepare: Called with every new route or mount before requests can find it; an error of its keeps it out.
    """

    def __init__(self, group: RouteGroup) -> None:
        self.group = group
        self.tree: RouteTree[Route] = RouteTree(describe_route)
        self.websocket_tree: RouteTree[Route] = RouteTree(describe_route)
        self.routes: list[Route] = []
        self.websocket_routes: list[Route] = []
        self.mounts: list[Mount] = []
        self.names = RouteNames()
        self.methods = set(METHODS)
        self.prepare: Callable[[Route | Mount], None] | None = None
        self.inclusions: list[Inclusion] = []

    def attach(self, routes: Iterable[Route] = (), mounts: Iterable[Mount] = ()) -> None:
        """
        Make routes and mounts visible here and in the tables above: all of them everywhere, or none.

        Raises:
            RouteError: If a name is taken.
            RouteConflictError: If another route claims the same requests, or something is mounted there already.
        """
        planned = [pair for route in routes for pair in self.plan(route)]
        planned_mounts = [pair for mount in mounts for pair in self.plan_mount(mount)]
        # One route may reach a table by two ways: what is attached together must not collide either.
        claims: set[tuple[object, ...]] = set()
        for table, route in planned:
            table.check(route)
            keys = [(table, method, route.template.shape) for method in route.methods]
            for key in [*keys, *([(table, route.name)] if route.named else [])]:
                if key in claims:
                    raise RouteConflictError(f"{describe_route(route)} gets there by two ways.", route=str(route))
                claims.add(key)
        for table, mount in planned_mounts:
            if any(known.prefix == mount.prefix for known in table.mounts) or (table, "mount", mount.prefix) in claims:
                raise RouteConflictError("Something is mounted there already.", route=mount.prefix or "/")
            claims.add((table, "mount", mount.prefix))
            if mount.route is not None:
                table.names.check(mount.route)
        new: list[tuple[RouteTable, Route | Mount]] = [*planned, *planned_mounts]
        for table, item in new:
            if table.prepare is not None:
                table.prepare(item)
        for table, route in planned:
            table.insert(route)
        for table, mount in planned_mounts:
            if mount.route is not None:
                table.names.add(mount.route)
            table.mounts = sorted([*table.mounts, mount], key=lambda known: -len(known.prefix))

    def include(self, table: "RouteTable", inclusion: Inclusion) -> None:
        """
        Take in what another table has, and what it gets later.

        Raises:
            RouteError: If the tables would contain each other, or a name is taken.
            RouteConflictError: If something is claimed twice; nothing is included then.
        """
        if self is table or table in self.ancestors():
            prefix = inclusion.prefix.text if inclusion.prefix is not None else "/"
            raise RouteError("A router cannot contain itself.", route=prefix)
        routes = [inclusion.transform(route) for route in (*table.routes, *table.websocket_routes)]
        self.attach(routes, [inclusion.transform_mount(mount) for mount in table.mounts])
        table.inclusions.append(inclusion)

    def plan(self, route: Route) -> Iterator[tuple["RouteTable", Route]]:
        """List the route that each table will have for one of this one's."""
        for inclusion in self.inclusions:
            yield from inclusion.parent.plan(inclusion.transform(route))
        yield self, route

    def plan_mount(self, mount: Mount) -> Iterator[tuple["RouteTable", Mount]]:
        """List the mount that each table will have for one of this one's."""
        for inclusion in self.inclusions:
            yield from inclusion.parent.plan_mount(inclusion.transform_mount(mount))
        yield self, mount

    def check(self, route: Route) -> None:
        """
        Refuse a route that another one rules out.

        Raises:
            RouteError: If its name is taken.
            RouteConflictError: If another route claims the same requests.
        """
        conflict = self._tree_of(route).find_conflict(route.template, route.methods)
        if conflict is not None:
            method, other = conflict
            raise RouteConflictError(
                f"{describe_route(other)} and {describe_route(route)} claim the same requests.",
                route=f"{method} {route.path}",
                hint=_find_hint(other, route),
            )
        self.names.check(route)

    def insert(self, route: Route) -> None:
        """Make a checked route visible, here alone."""
        if WEBSOCKET in route.methods:
            self.websocket_routes.append(route)
        else:
            self.routes.append(route)
            self.methods.update(route.methods)
        self.names.add(route)
        self._tree_of(route).insert(route.template, route.methods, route)

    def ancestors(self) -> Iterator["RouteTable"]:
        """List the tables that contain this one."""
        for inclusion in self.inclusions:
            yield inclusion.parent
            yield from inclusion.parent.ancestors()

    def forget_endpoints(self) -> None:
        """Have the group's routes compiled again, here and above: what they inherit has changed."""
        for table in (self, *self.ancestors()):
            for route in (*table.served_routes, *table.websocket_routes):
                if self.group in route.groups:
                    route.endpoint = None
            for mount in table.mounts:
                if self.group in mount.groups:
                    mount.guards = None

    @property
    def served_routes(self) -> tuple[Route, ...]:
        """The routes of HTTP, and those that stand behind mounts."""
        return (*self.routes, *(mount.route for mount in self.mounts if mount.route is not None))

    def _tree_of(self, route: Route) -> RouteTree[Route]:
        return self.websocket_tree if WEBSOCKET in route.methods else self.tree


def _find_hint(*routes: Route) -> str:
    """Say how the path of one is changed: a plugin's handler knows which option does it."""
    said = (getattr(route.handler, "conflict_hint", None) for route in routes)
    return next(filter(None, said), "Change the path or the methods of one of them.")


def describe_route(route: Route) -> str:
    """Name a route and its handler for a conflict."""
    return f"{describe_callable(route.handler)} ({route})"
