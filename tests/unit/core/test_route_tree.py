"""
The tree finds what a plain reading of the rules finds, at a cost that does not depend on the number of routes.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.core.path_template import Parameter, PathTemplate, Segment, SegmentKind
from covet.core.route_tree import RouteTree, allowed_methods
from covet.exceptions import RouteConflictError
from tests.linearity import assert_linear, work


def make_tree(*paths: str) -> RouteTree[str]:
    """
    Make a tree whose values are the paths themselves.
    """
    tree: RouteTree[str] = RouteTree()
    for path in paths:
        tree.insert(PathTemplate.parse(path), ["GET"], path)
    return tree


def find(tree: RouteTree[str], path: str) -> tuple[str, list[str]] | None:
    """
    Find the value for GET and the parameters.
    """
    found = tree.find(path)
    return None if found is None else (found[0]["GET"], list(found[1]))


PRIORITIES = ["/x/{p:path}", "/x/{a}", "/x/{n:float}", "/x/{n:int}", "/x/v{n:int}", "/x/{a}.{b}", "/x/v{a}.b", "/x/y"]


@pytest.mark.parametrize("paths", [PRIORITIES, PRIORITIES[::-1]])
@pytest.mark.parametrize(
    ("path", "expected", "values"),
    [
        ("/x/y", "/x/y", []),
        ("/x/vz.b", "/x/v{a}.b", ["z"]),
        ("/x/v1", "/x/v{n:int}", ["1"]),
        ("/x/a.b", "/x/{a}.{b}", ["a", "b"]),
        ("/x/12", "/x/{n:int}", ["12"]),
        ("/x/12345678901234567890", "/x/{a}", ["12345678901234567890"]),
        ("/x/z", "/x/{a}", ["z"]),
        ("/x/z/z", "/x/{p:path}", ["z/z"]),
        ("/x/z/", "/x/{p:path}", ["z/"]),
        ("/x//", "/x/{p:path}", ["/"]),
    ],
)
def test_the_more_specific_route_wins_in_any_order(
    paths: list[str], path: str, expected: str, values: list[str]
) -> None:
    """
    Static beats mixed, mixed typed, typed plain, plain the rest of the path; within a kind the more literal text.
    """
    assert find(make_tree(*paths), path) == (expected, values)


@pytest.mark.parametrize(
    ("paths", "path", "expected"),
    [
        (["/a/{x}/c", "/a/b/d"], "/a/b/c", ("/a/{x}/c", ["b"])),
        (["/{x}/b/{y}/d", "/a/{x}/c/e"], "/a/b/c/d", ("/{x}/b/{y}/d", ["a", "c"])),
        (["/{n:int}/a", "/{x}/b"], "/1/b", ("/{x}/b", ["1"])),
        (["/{a}.{b}/x", "/{p:path}"], "/a.b/y", ("/{p:path}", ["a.b/y"])),
        (["/a/b/{p:path}", "/a/{x}/c/{y}"], "/a/b/c/d", ("/a/b/{p:path}", ["c/d"])),
        (["/a/{x}/c/{y}", "/{p:path}"], "/a/b/c", ("/{p:path}", ["a/b/c"])),
        (["/users/{n:int}", "/users/{x}/y"], "/users/a/y", ("/users/{x}/y", ["a"])),
        (["/{x}", "/{n:int}"], "/7", ("/{n:int}", ["7"])),
        (["/{x}"], "/x", ("/{x}", ["x"])),
        (["/x/{a}", "/x/{n:int}/y"], "/x/5", ("/x/{a}", ["5"])),
        (["/x/{n:int}/y", "/x/{a}"], "/x/5", ("/x/{a}", ["5"])),
    ],
)
def test_a_branch_that_leads_nowhere_is_left(paths: list[str], path: str, expected: tuple[str, list[str]]) -> None:
    """
    The first segment that fits does not decide alone, and no parameter of a left branch stays behind.
    """
    assert find(make_tree(*paths), path) == expected
    assert find(make_tree(*paths[::-1]), path) == expected


@pytest.mark.row(62)
@pytest.mark.parametrize(
    "path",
    [
        *("//admin", "/admin/", "/admin//", "/ADMIN", "/%61dmin", "/admin;x", "/admin\n", "/x/../admin", "/./admin"),
        *("admin", "*", "", "/admin?", "/admin/users/", "/admin//users", "/admin/users/x"),
    ],
)
def test_another_spelling_is_another_path(path: str) -> None:
    """
    Matching is exact: nothing is decoded again, folded or normalised.
    """
    assert make_tree("/admin", "/admin/users").find(path) is None


@pytest.mark.parametrize("template", ["/{x}", "/a/{x}", "/a/{x}/b", "/{n:int}", "/{p:path}", "/a/{p:path}", "/a/v{x}"])
@pytest.mark.parametrize("path", ["/", "/a/", "/a//b", "", "*", "a", "a/b"])
def test_a_parameter_is_never_empty_and_a_path_has_a_slash(template: str, path: str) -> None:
    """
    An empty segment fits no parameter, and `OPTIONS *` no route.
    """
    found = make_tree(template).find(path)

    assert found is None or all(found[1])
    assert path.startswith("/") or found is None


def test_head_comes_with_get() -> None:
    """
    A route for GET answers HEAD, until a route of its own does, in any order.
    """
    template = PathTemplate.parse("/x")
    first: RouteTree[str] = RouteTree()
    second: RouteTree[str] = RouteTree()

    first.insert(template, ["GET"], "get")
    implied = dict(first.static["/x"])
    first.insert(template, ["HEAD"], "head")
    second.insert(template, ["HEAD"], "head")
    second.insert(template, ["GET"], "get")

    assert implied == {"GET": "get", "HEAD": "get"}
    assert first.static["/x"] == second.static["/x"] == {"GET": "get", "HEAD": "head"}


def test_allow_is_complete() -> None:
    """
    `Allow` lists HEAD for GET and the automatic OPTIONS, of all tables, sorted.
    """
    tree = make_tree("/users/me")
    tree.insert(PathTemplate.parse("/users/{id}"), ["DELETE", "PATCH"], "change")

    tables = [table for table, _ in tree.find_all("/users/me")]

    assert allowed_methods(*tables) == ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH")


@pytest.mark.parametrize(
    ("first", "second"), [("/users/{id}", "/users/{name:str}"), ("/x", "/x"), ("/{a}.x", "/{b}.x")]
)
def test_two_routes_for_the_same_requests_conflict(first: str, second: str) -> None:
    """
    The same shape and method is an error that names both; the tree stays as it was.
    """
    tree = make_tree(first)

    with pytest.raises(RouteConflictError) as caught:
        tree.insert(PathTemplate.parse(second), ["POST", "GET"], "other")

    assert str(caught.value).startswith(f"GET {second}: '{first}' and 'other' claim the same requests.")
    assert len(tree.find_all(first)) == 1
    assert "POST" not in tree.find_all(first)[0][0]


def test_names_of_parameters_make_no_shape() -> None:
    """
    Routes of one shape and different methods share a table, whatever their parameters are called.
    """
    tree = make_tree("/users/{id}")

    tree.insert(PathTemplate.parse("/users/{name}"), ["DELETE"], "delete")

    assert tree.find("/users/7") == ({"GET": "/users/{id}", "HEAD": "/users/{id}", "DELETE": "delete"}, ["7"])


@pytest.mark.parametrize("late", ["/x/y", "/x/{n:int}", "/x/v{a}", "/x/{a}", "/x/{p:path}", "/x/{a}/z"])
def test_a_route_that_comes_late_is_found(late: str) -> None:
    """
    A tree that has answered already takes in further routes of every kind, with the same precedence.
    """
    paths = ["/x/y", "/x/{n:int}", "/x/v{a}", "/x/{a}", "/x/{p:path}", "/x/{a}/z"]
    requests = ["/x/y", "/x/1", "/x/vb", "/x/b", "/x/b/c", "/x/b/z"]
    tree = make_tree(*(path for path in paths if path != late))
    before = [find(tree, path) for path in requests]

    tree.insert(PathTemplate.parse(late), ["GET"], late)

    assert [find(tree, path) for path in requests] == [find(make_tree(*paths), path) for path in requests]
    assert before != [find(tree, path) for path in requests]


@pytest.mark.parametrize("kind", ["/s{}", "/p{}/{{x}}", "/t{}/{{x:int}}", "/d{}/{{x}}/y/{{z}}"])
@pytest.mark.parametrize("which", [0, -1, None])
def test_the_number_of_routes_does_not_matter(kind: str, which: int | None) -> None:
    """
    The first, the last and a missing route take the same work among 10 routes and among 2,000.
    """
    small, large = 10, 2_000
    counts = []
    for number in (small, large):
        tree = make_tree(*(kind.format(index) for index in range(number)))
        index = "missing" if which is None else range(number)[which]
        path = kind.format(index).replace("{x}", "7").replace("{x:int}", "7").replace("{z}", "8")
        counts.append(work(tree.find, path))

    assert counts[0] == counts[1]


def test_backtracking_is_bounded_by_the_routes() -> None:
    """
    A path that fits every branch but for its last segment costs as many steps as the templates have segments.
    """

    def make(depth: int) -> RouteTree[str]:
        # On each level a literal and a parameter take the segment, and both lead on.
        paths = ("/a" * level + "/{x}" + "/a" * (depth - level - 1) + "/end" for level in range(depth))
        return make_tree("/a" * depth + "/end", *paths)

    small, large = (work(make(depth).find, "/a" * depth + "/miss") for depth in (16, 32))

    # Twice the depth means twice as many templates of twice the length: 4, where trying every choice means 65,536.
    assert 3.5 < large / small < 4.5


def test_a_long_path_takes_linear_time() -> None:
    """
    A path of slashes is split once and given up at once.
    """
    tree = make_tree("/a/{x}/c", "/a/b/d", "/{n:int}/x")

    assert_linear(tree.find, lambda size: "/a" * size, size=2_000)


# ── Against a plain reading of the rules ─────────────────────────────────────

PIECES = ["a", "b", "1", "{x}", "{x:int}", "{x:float}", "v{x}", "{x}.{y}", "{x:path}", "a{x:int}"]


@st.composite
def templates(draw: st.DrawFn) -> str:
    """
    Make a path of a few segments of all kinds, with names of their own.
    """
    pieces = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4))
    pieces = [piece for piece in pieces[:-1] if ":path" not in piece] + pieces[-1:]
    named = [piece.replace("{x", f"{{x{place}").replace("{y", f"{{y{place}") for place, piece in enumerate(pieces)]
    return "/" + "/".join(named) + draw(st.sampled_from(["", "", "/"]) if ":path" not in named[-1] else st.just(""))


def take(segment: Segment, text: str) -> list[str] | None:
    """
    Match one segment by the rules alone.
    """
    if segment.kind is SegmentKind.STATIC:
        return [] if segment.text == text else None
    if not text:
        return None
    if segment.kind is SegmentKind.PLAIN:
        return [text]
    assert segment.fullmatch is not None
    match = segment.fullmatch(text)
    if match is None:
        return None
    return list(match.groups()) if segment.kind is SegmentKind.MIXED else [text]


def read(template: PathTemplate, path: str) -> tuple[list[tuple[object, ...]], list[str]] | None:
    """
    Match one template by the rules alone: its rank, segment by segment, and its parameters.
    """
    texts = path.split("/")[1:]
    segments = list(template.segments)
    if segments[-1].kind is SegmentKind.PATH and len(texts) >= len(segments):
        texts[len(segments) - 1 :] = ["/".join(texts[len(segments) - 1 :])]
    if len(texts) != len(segments):
        return None
    values: list[str] = []
    for segment, text in zip(segments, texts, strict=True):
        taken = ([text] if text else None) if segment.kind is SegmentKind.PATH else take(segment, text)
        if taken is None:
            return None
        values += taken
    return [(segment.kind, *segment.order) for segment in segments], values


@given(
    st.lists(templates(), min_size=1, max_size=8, unique_by=lambda text: PathTemplate.parse(text).shape),
    st.lists(st.sampled_from(["a", "b", "1", "1.5", "va", "v.b", "a1", "z", ""]), min_size=1, max_size=5),
)
def test_the_tree_agrees_with_a_list_of_rules(texts: list[str], segments: list[str]) -> None:
    """
    For any set of routes and any path, `find_all()` yields what matching every template alone and sorting does.
    """
    path = "/" + "/".join(segments)
    parsed = [PathTemplate.parse(text) for text in texts]
    tree = make_tree(*texts)

    ranked = sorted((*read_, template.text) for template in parsed if (read_ := read(template, path)) is not None)
    expected = [(text, values) for _, values, text in ranked]

    assert [(table["GET"], values) for table, values in tree.find_all(path)] == expected
    assert find(tree, path) == (expected[0] if expected else None)


@given(templates(), st.data())
def test_a_built_path_is_found(text: str, data: st.DataObject) -> None:
    """
    The path that a template builds leads to it with the values it was built from.
    """
    template = PathTemplate.parse(text)
    samples = {"int": st.integers(0, 99), "float": st.just(1.5), "str": st.sampled_from("pqr"), "path": st.just("p/q")}
    values = {
        parameter.name: data.draw(samples[parameter.named_converter.name])
        for parameter in template.parameters
        if isinstance(parameter, Parameter)
    }

    found = make_tree(text).find(template.build(values))

    assert found is not None
    assert list(found[1]) == [str(value) for value in values.values()]
