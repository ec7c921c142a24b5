"""
Which route a path belongs to, at a cost that does not depend on the number of routes.

A path without parameters is one dictionary lookup. The others walk a tree that has one level per segment and, at each
level, one dictionary of literal texts. Where several branches take a segment, they are tried in the order of
`SegmentKind`: static, mixed, typed, plain, path. A branch that leads nowhere is left for the next one. Every node has
one parent, so it is visited at most once per path: there is no exponential backtracking.

Everything is decided by the path as it was given: nothing is normalised, decoded or folded in here.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from covet.core.path_template import PathTemplate, Segment, SegmentKind
from covet.exceptions import RouteConflictError

V = TypeVar("V")


_FullMatch = Callable[[str], re.Match[str] | None]


class _Node(Generic[V]):
    """What may follow after some segments."""

    __slots__ = ("children", "is_plain_only", "path", "plain", "ranked", "static", "table", "tested")

    def __init__(self) -> None:
        self.static: dict[str, _Node[V]] = {}
        # Mixed and typed segments, sorted; replaced as a whole, so that a reader never sees half a change.
        self.tested: tuple[tuple[_FullMatch, _Node[V]], ...] = ()
        self.plain: _Node[V] | None = None
        self.path: dict[str, V] | None = None
        self.table: dict[str, V] | None = None
        # There is nothing in `tested` and `path`.
        self.is_plain_only = True
        # For declarations: every child by its segment's key, and what sorts `tested`.
        self.children: dict[Hashable, _Node[V]] = {}
        self.ranked: list[tuple[tuple[int | str, ...], _FullMatch, _Node[V]]] = []


class _Entry(Generic[V]):
    """The routes of one shape: what requests see, and what was declared."""

    __slots__ = ("declared", "table")

    def __init__(self) -> None:
        self.table: dict[str, V] = {}
        self.declared: dict[str, V] = {}


class RouteTree(Generic[V]):
    """
    Routes by path and method.

    Attributes:
        static: The methods tables of the paths without parameters.

    Example:
        >>> tree: RouteTree[str] = RouteTree()
        >>> tree.insert(PathTemplate.parse("/users/{user_id}"), ["GET"], "show user")
        >>> tree.find("/users/7")
        ({'GET': 'show user', 'HEAD': 'show user'}, ['7'])
        >>> tree.find("/users/") is None
        True
    """

    __slots__ = ("_describe", "_entries", "_last_plain", "_root", "static")

    def __init__(self, describe: Callable[[V], str] = repr) -> None:
        """
        Make an empty tree.

        Args:
            describe: Names a value in the text of a conflict.
        """
        self.static: dict[str, dict[str, V]] = {}
        self._root: _Node[V] = _Node()
        self._entries: dict[tuple[Hashable, ...], _Entry[V]] = {}
        # "/users/" -> the table of "/users/{x}", where nothing but a static path comes before it.
        self._last_plain: dict[str, dict[str, V]] = {}
        self._describe = describe

    # ── Requests ─────────────────────────────────────────────────────────────

    def find(self, path: str) -> tuple[dict[str, V], Sequence[str]] | None:
        """
        Find the methods table that comes first for a path, and the texts of its parameters in order.

        Args:
            path: The decoded path.

        Returns:
            The table by method, in which `HEAD` is there wherever `GET` is; `None` if no route has the path.
        """
        # PERF: a static path and a plain parameter at the end of static text are decided by one or two dictionary
        # lookups, without splitting the path. See benchmarks/ for the instruction counts.
        table = self.static.get(path)
        if table is not None:
            return table, ()
        cut = path.rfind("/") + 1
        table = self._last_plain.get(path[:cut])
        if table is not None:
            value = path[cut:]
            if value:
                return table, [value]
        if not path.startswith("/"):
            return None
        # PERF: as long as there is no choice, a loop walks down; the first real choice hands over to a recursion.
        node = self._root
        values: list[str] = []
        segments = path.split("/")
        segments.pop(0)
        for index, segment in enumerate(segments):
            child = node.static.get(segment)
            plain = node.plain
            if not node.is_plain_only or (child is not None and plain is not None):
                return next(_walk(node, segments, index, values), None)
            if child is None:
                if plain is None or not segment:
                    return None
                values.append(segment)
                child = plain
            node = child
        table = node.table
        if table is None:
            return None
        return table, values

    def find_all(self, path: str) -> Iterator[tuple[dict[str, V], Sequence[str]]]:
        """
        Find every methods table that takes a path, the first one first.

        It answers what `find()` cannot: whether a less specific route has a method that the first one lacks.

        Example:
            >>> tree: RouteTree[str] = RouteTree()
            >>> tree.insert(PathTemplate.parse("/users/me"), ["GET"], "show me")
            >>> tree.insert(PathTemplate.parse("/users/{user_id}"), ["DELETE"], "delete user")
            >>> [sorted(table) for table, values in tree.find_all("/users/me")]
            [['GET', 'HEAD'], ['DELETE']]
        """
        if path.startswith("/"):
            yield from _walk(self._root, path.split("/")[1:], 0, [])

    # ── Declarations ─────────────────────────────────────────────────────────

    def find_conflict(self, template: PathTemplate, methods: Iterable[str]) -> tuple[str, V] | None:
        """Find a method that a declared route of the same shape has already, and that route's value."""
        entry = self._entries.get(template.shape)
        if entry is not None:
            for method in methods:
                if method in entry.declared:
                    return method, entry.declared[method]
        return None

    def insert(self, template: PathTemplate, methods: Iterable[str], value: V) -> None:
        """
        Add a route; a request that arrives afterwards finds it.

        Args:
            template: Its path.
            methods: Its methods; `GET` brings `HEAD` along, unless another route has or gets that.
            value: What `find()` returns for it.

        Raises:
            RouteConflictError: If a route of the same shape has one of the methods.
        """
        methods = tuple(methods)
        conflict = self.find_conflict(template, methods)
        if conflict is not None:
            method, other = conflict
            raise RouteConflictError(
                f"{self._describe(other)} and {self._describe(value)} claim the same requests.",
                route=f"{method} {template.text}",
                hint="Change the path or the methods of one of them.",
            )
        shape = template.shape
        entry = self._entries.get(shape)
        is_new = entry is None
        if entry is None:
            entry = self._entries[shape] = _Entry()
        for method in methods:
            entry.declared[method] = entry.table[method] = value
        if "GET" in methods and "HEAD" not in entry.declared:
            entry.table["HEAD"] = value
        if is_new:
            self._plant(template, entry.table)

    def _plant(self, template: PathTemplate, table: dict[str, V]) -> None:
        """Grow the branch of a new shape; its table becomes visible last."""
        segments = template.segments
        node = self._root
        ends_in_path = segments[-1].kind is SegmentKind.PATH
        for segment in segments[:-1] if ends_in_path else segments:
            node = node.children.get(segment.key) or _add_child(node, segment)
        if ends_in_path:
            node.path = table
            node.is_plain_only = False
        else:
            node.table = table
        if template.is_static:
            self.static[template.text] = table
        if all(segment.kind is SegmentKind.STATIC for segment in segments[:-1]):
            self._index_last(segments)

    def _index_last(self, segments: tuple[Segment, ...]) -> None:
        """Bring the shortcut for a plain parameter at the end up to date."""
        node = self._root
        for segment in segments[:-1]:
            node = node.static[segment.text]
        head = "".join(f"/{segment.text}" for segment in segments[:-1]) + "/"
        is_first = all(child.table is None for _, child in node.tested)
        if is_first and node.plain is not None and node.plain.table is not None:
            self._last_plain[head] = node.plain.table
        else:
            self._last_plain.pop(head, None)


def _add_child(node: _Node[V], segment: Segment) -> _Node[V]:
    """Make the node behind a segment."""
    child: _Node[V] = _Node()
    if segment.kind is SegmentKind.STATIC:
        node.static[segment.text] = child
    elif segment.fullmatch is None:
        node.plain = child
    else:
        node.ranked.append(((segment.kind, *segment.order), segment.fullmatch, child))
        node.ranked.sort(key=_rank)
        node.tested = tuple((fullmatch, child) for _, fullmatch, child in node.ranked)
        node.is_plain_only = False
    node.children[segment.key] = child
    return child


def _rank(item: tuple[tuple[int | str, ...], _FullMatch, _Node[V]]) -> tuple[int | str, ...]:
    """Sort by precedence alone."""
    return item[0]


def _walk(
    node: _Node[V], segments: Sequence[str], index: int, values: list[str]
) -> Iterator[tuple[dict[str, V], list[str]]]:
    """Yield what follows behind a node, in order of precedence; as deep as the templates are, 64 segments at most."""
    if index == len(segments):
        if node.table is not None:
            yield node.table, values
        return
    segment = segments[index]
    child = node.static.get(segment)
    if child is not None:
        yield from _walk(child, segments, index + 1, values)
    if segment:
        for fullmatch, child in node.tested:
            match = fullmatch(segment)
            if match is not None:
                # A typed segment's pattern has no groups, a mixed one's groups are its values.
                yield from _walk(child, segments, index + 1, [*values, *(match.groups() or (segment,))])
        if node.plain is not None:
            yield from _walk(node.plain, segments, index + 1, [*values, segment])
    if node.path is not None:
        rest = "/".join(segments[index:])
        if rest:
            yield node.path, [*values, rest]


def allowed_methods(table: Mapping[str, V], *others: Mapping[str, V]) -> tuple[str, ...]:
    """
    List what belongs into `Allow`: the tables' methods, sorted, with the automatic `OPTIONS`.

    Example:
        >>> allowed_methods({"GET": "show", "HEAD": "show"}, {"DELETE": "remove"})
        ('DELETE', 'GET', 'HEAD', 'OPTIONS')
    """
    return tuple(sorted({"OPTIONS"}.union(table, *others)))
