"""
Which route a path belongs to, at a cost that does not depend on the number of routes.

A path without parameters is one dictionary lookup. The others walk a tree that has one level per segment and, at each
level, one dictionary of literal texts. Where several branches take a segment, they are tried in the order of
`SegmentKind`: static, mixed, typed, plain, path. A branch that leads nowhere is left for the next one. Every node has
one parent, so it is visited at most once per path: there is no exponential backtracking.

Everything is decided by the path as it was given: nothing is normalised, decoded or folded in here.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from covet.core.path_template import PathTemplate, Segment, SegmentKind
from covet.exceptions import RouteConflictError

V = TypeVar("V")
_FullMatch = Callable[[str], re.Match[str] | None]
_Found = tuple[dict[str, V], Sequence[str]]


class _Node(Generic[V]):
    """What may follow after some segments."""

    __slots__ = ("children", "depth", "has_choice", "path", "plain", "ranked", "static", "table", "tested")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.static: dict[str, _Node[V]] = {}
        # Mixed and typed segments, sorted; replaced as a whole, so that a reader never sees half a change.
        self.tested: tuple[tuple[_FullMatch, _Node[V]], ...] = ()
        self.plain: _Node[V] | None = None
        self.path: dict[str, V] | None = None
        self.table: dict[str, V] | None = None
        # More than one branch may take a segment, or one has a test.
        self.has_choice = False
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
        find: Takes a decoded path and returns the methods table that comes first for it, in which `HEAD` is there
            wherever `GET` is, with the texts of its parameters in order; or `None`, if no route has the path.

    Example:
        >>> tree: RouteTree[str] = RouteTree()
        >>> tree.insert(PathTemplate.parse("/users/{user_id}"), ["GET"], "show user")
        >>> tree.find("/users/7")
        ({'GET': 'show user', 'HEAD': 'show user'}, ['7'])
        >>> tree.find("/users/") is None
        True
    """

    __slots__ = ("_describe", "_entries", "_last_plain", "_last_tested", "_root", "find", "static")

    def __init__(self, describe: Callable[[V], str] = repr) -> None:
        """
        Make an empty tree.

        Args:
            describe: Names a value in the text of a conflict.
        """
        self.static: dict[str, dict[str, V]] = {}
        self._root: _Node[V] = _Node(0)
        self._entries: dict[tuple[Hashable, ...], _Entry[V]] = {}
        # Where literal text is followed by one last parameter, by that text:
        # "/users" -> the table of "/users/{x}", where nothing but a static path comes before it;
        self._last_plain: dict[str, dict[str, V]] = {}
        # "/users" -> the tests and tables of "/users/{x:int}" and the like, and of "/users/{x}" at the end.
        self._last_tested: dict[str, tuple[tuple[_FullMatch | None, dict[str, V]], ...]] = {}
        self._describe = describe
        self.find: Callable[[str], _Found[V] | None] = _make_find(
            self.static, self._last_plain, self._last_tested, self._root
        )

    def find_all(self, path: str) -> Sequence[_Found[V]]:
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
        found: list[_Found[V]] = []
        if path.startswith("/"):
            _search(self._root, path.split("/")[1:], [], found)
        return found

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
            node.has_choice = True
        else:
            node.table = table
        if template.is_static:
            self.static[template.text] = table
        if all(segment.kind is SegmentKind.STATIC for segment in segments[:-1]):
            self._index_last(segments)

    def _index_last(self, segments: tuple[Segment, ...]) -> None:
        """Bring the shortcuts for one last parameter up to date."""
        node = self._root
        for segment in segments[:-1]:
            node = node.static[segment.text]
        head = "".join(f"/{segment.text}" for segment in segments[:-1])
        plain = node.plain.table if node.plain is not None else None
        tested: list[tuple[_FullMatch | None, dict[str, V]]] = [
            (fullmatch, child.table) for fullmatch, child in node.tested if child.table is not None
        ]
        if not head:
            # A path that has no slash at all ("*") has no text before its last one either.
            return
        if tested:
            self._last_tested[head] = (*tested, *(() if plain is None else ((None, plain),)))
            self._last_plain.pop(head, None)
        elif plain is not None:
            self._last_plain[head] = plain


def _add_child(node: _Node[V], segment: Segment) -> _Node[V]:
    """Make the node behind a segment."""
    child: _Node[V] = _Node(node.depth + 1)
    if segment.kind is SegmentKind.STATIC:
        node.static[segment.text] = child
    elif segment.fullmatch is None:
        node.plain = child
    else:
        node.ranked.append(((segment.kind, *segment.order), segment.fullmatch, child))
        node.ranked.sort(key=_rank)
        node.tested = tuple((fullmatch, child) for _, fullmatch, child in node.ranked)
    node.has_choice = bool(node.tested or node.path is not None or (node.static and node.plain is not None))
    node.children[segment.key] = child
    return child


def _rank(item: tuple[tuple[int | str, ...], _FullMatch, _Node[V]]) -> tuple[int | str, ...]:
    """Sort by precedence alone."""
    return item[0]


def _make_find(
    static: dict[str, dict[str, V]],
    last_plain: dict[str, dict[str, V]],
    last_tested: dict[str, tuple[tuple[_FullMatch | None, dict[str, V]], ...]],
    root: _Node[V],
) -> Callable[[str], _Found[V] | None]:
    """
    Make a tree's `find()`.

    PERF: a closure over the dictionaries' own `get`, since this runs for every request: 1,300 instructions for
    `/users/{id}` are gained over a method that reads them from `self` and slices the path. A static path and one last
    parameter behind literal text take two or three look-ups, without splitting the path
    (benchmarks/instructions.py, param).
    """
    get_static = static.get
    get_last_plain = last_plain.get
    get_last_tested = last_tested.get

    def find(path: str) -> _Found[V] | None:
        table = get_static(path)
        if table is not None:
            return table, ()
        head, _, last = path.rpartition("/")
        table = get_last_plain(head)
        if table is not None and last:
            return table, [last]
        choices = get_last_tested(head)
        if choices is not None and last:
            for fullmatch, table in choices:
                if fullmatch is None:
                    return table, [last]
                match = fullmatch(last)
                if match is not None:
                    return table, list(match.groups()) or [last]
        segments = path.split("/")
        if segments.pop(0):
            return None
        node = root
        values: list[str] = []
        # PERF: as long as there is no choice, a loop walks down; the first choice hands over to a recursion
        # (benchmarks/router.py).
        for segment in segments:
            if node.has_choice:
                table = _search(node, segments, values, None)
                return None if table is None else (table, values)
            if node.plain is None:
                child = node.static.get(segment)
                if child is None:
                    return None
                node = child
            elif segment:
                values.append(segment)
                node = node.plain
            else:
                return None
        table = node.table
        return None if table is None else (table, values)

    return find


def _search(
    node: _Node[V], segments: Sequence[str], values: list[str], found: list[_Found[V]] | None
) -> dict[str, V] | None:
    """
    Search behind a node, in order of precedence; as deep as the templates are, `MAX_SEGMENTS` at most.

    Args:
        node: Where to start.
        segments: All segments of the path.
        values: The parameters so far; holds all of them when a table is returned, and these otherwise.
        found: Collects every table, if given; otherwise the first one is returned.
    """
    depth = node.depth
    if depth == len(segments):
        return _report(node.table, values, found)
    segment = segments[depth]
    child = node.static.get(segment)
    if child is not None:
        table = _search(child, segments, values, found)
        if table is not None:
            return table
    count = len(values)
    if segment:
        for fullmatch, child in node.tested:
            match = fullmatch(segment)
            if match is not None:
                # A typed segment's pattern has no groups; a mixed one's groups are its values.
                values.extend(match.groups() or (segment,))
                table = _search(child, segments, values, found)
                if table is not None:
                    return table
                del values[count:]
        if node.plain is not None:
            values.append(segment)
            table = _search(node.plain, segments, values, found)
            if table is not None:
                return table
            values.pop()
    if node.path is not None:
        rest = "/".join(segments[depth:])
        if rest:
            values.append(rest)
            table = _report(node.path, values, found)
            if table is not None:
                return table
            values.pop()
    return None


def _report(table: dict[str, V] | None, values: list[str], found: list[_Found[V]] | None) -> dict[str, V] | None:
    """Return a table that was reached, or note it and have the search go on."""
    if table is None or found is None:
        return table
    found.append((table, values.copy()))
    return None


def allowed_methods(table: Mapping[str, V], *others: Mapping[str, V]) -> tuple[str, ...]:
    """
    List what belongs into `Allow`: the tables' methods, sorted, with the automatic `OPTIONS`.

    Example:
        >>> allowed_methods({"GET": "show", "HEAD": "show"}, {"DELETE": "remove"})
        ('DELETE', 'GET', 'HEAD', 'OPTIONS')
    """
    return tuple(sorted({"OPTIONS"}.union(table, *others)))
