"""
A path is read once; what is wrong with it is said then.
"""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.core.converters import ConverterTable
from covet.core.path_template import MAX_SEGMENTS, PathTemplate, SegmentKind
from covet.core.route_tree import RouteTree
from covet.exceptions import RouteError
from tests.linearity import assert_linear


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("/", [SegmentKind.STATIC]),
        ("/users/", [SegmentKind.STATIC, SegmentKind.STATIC]),
        ("/users/{id}", [SegmentKind.STATIC, SegmentKind.PLAIN]),
        ("/users/{id:str}", [SegmentKind.STATIC, SegmentKind.PLAIN]),
        ("/{id:int}/x", [SegmentKind.TYPED, SegmentKind.STATIC]),
        ("/v{version:int}", [SegmentKind.MIXED]),
        ("/{name}.{extension}", [SegmentKind.MIXED]),
        ("/files/{name:path}", [SegmentKind.STATIC, SegmentKind.PATH]),
        ("/100%/ä ;=", [SegmentKind.STATIC, SegmentKind.STATIC]),
    ],
)
def test_segments_have_their_kinds(text: str, kinds: list[SegmentKind]) -> None:
    """
    Each segment is literal, mixed, typed, plain or the rest of the path.
    """
    template = PathTemplate.parse(text)

    assert [segment.kind for segment in template.segments] == kinds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "A path starts with a slash"),
        ("users", "users: A path starts with a slash.\n  Write '/users'."),
        ("/users?page=1", "cannot contain '\\?'.\n  Query and fragment"),
        ("/users#top", "cannot contain '#'"),
        ("/a\nb", "cannot contain '\\\\n'"),
        ("/a\x00b", "cannot contain '\\\\x00'"),
        ("/a\x7fb", "cannot contain '\\\\x7f'"),
        ("/\ud800", "cannot contain '\\\\ud800'"),
        ("/caf%C3%A9", "'%C3' is percent-encoded.\n  Write the decoded text"),
        ("/users/<int:id>", "'<int:id>' is no parameter.\n  Write {id:int}."),
        ("/users/<name>.txt", "'<name>' is no parameter.\n  Write {name}."),
        ("/users/:id", "/users/:id: ':id' is no parameter.\n  Write {id}."),
        ("/:user_id/files", "':user_id' is no parameter.\n  Write {user_id}."),
        ("//users", "contains '//'"),
        ("/users//x", "contains '//'"),
        ("/users//", "contains '//'"),
        ("/users/../x", "A segment '..' never arrives"),
        ("/./x", "A segment '.' never arrives"),
        ("/users/{id", "braces of '{id' are not balanced"),
        ("/users/id}", "braces of 'id}' are not balanced"),
        ("/users/{{id}}", "are not balanced"),
        ("/users/{a/b}", "are not balanced"),
        ("/users/{}", "The parameter {} has no name"),
        ("/users/{:int}", "The parameter {:int} has no name"),
        ("/users/{user-id}", "name 'user-id' is no identifier"),
        ("/users/{ id}", "name ' id' is no identifier"),
        ("/users/{1d}", "name '1d' is no identifier"),
        ("/users/{id:}", "There is no converter ''"),
        ("/users/{id:itn}", "There is no converter 'itn'.\n  Did you mean 'int'\\?"),
        ("/{id}/x/{id}", "The parameter 'id' appears twice"),
        ("/{id}.{id}", "The parameter 'id' appears twice"),
        ("/{a}{b}", "Two parameters touch each other in '{a}{b}'"),
        ("/{p:path}/x", "'{p:path}' takes the rest of the path, so nothing can follow it"),
        ("/{p:path}/", "takes the rest of the path"),
        ("/x{p:path}", "stands alone in its segment"),
        ("/x" * (MAX_SEGMENTS + 1), "It has 65 segments; the limit is 64"),
    ],
)
def test_a_wrong_path_is_refused_with_what_to_write(text: str, message: str) -> None:
    """
    The error names the path and the fix.
    """
    with pytest.raises(RouteError, match=message) as caught:
        PathTemplate.parse(text)

    assert caught.value.route is not None


def test_shape_ignores_names() -> None:
    """
    Two paths that match the same requests have one shape.
    """
    shape = PathTemplate.parse("/users/{id:int}/{name}.{extension}").shape

    assert shape == PathTemplate.parse("/users/{number:int}/{a}.{b}").shape
    assert shape != PathTemplate.parse("/users/{id:int}/{a}-{b}").shape


def test_a_prefix_brings_its_parameters() -> None:
    """
    Parameters of the prefix come first.
    """
    template = PathTemplate.parse("/{id}").with_prefix(PathTemplate.parse("/orgs/{org}"))

    assert template.text == "/orgs/{org}/{id}"
    assert [parameter.name for parameter in template.parameters] == ["org", "id"]
    assert not template.is_static


def test_a_prefix_cannot_repeat_a_parameter() -> None:
    """
    The whole path is checked, not its parts alone.
    """
    prefix = PathTemplate.parse("/orgs/{id}")

    with pytest.raises(RouteError, match=r"/orgs/{id}/{id}: The parameter 'id' appears twice"):
        PathTemplate.parse("/{id}").with_prefix(prefix)


def match(text: str, path: str) -> list[str] | None:
    """
    Match one path against one template.
    """
    tree: RouteTree[None] = RouteTree()
    tree.insert(PathTemplate.parse(text), ["GET"], None)
    found = tree.find(path)
    return None if found is None else list(found[1])


@pytest.mark.parametrize(
    ("text", "path", "values"),
    [
        ("/{name}.{extension}", "/archive.tar.gz", ["archive.tar", "gz"]),
        ("/{name}.{extension}", "/.gz", None),
        ("/{name}.{extension}", "/name.", None),
        ("/v{version:int}", "/v12", ["12"]),
        ("/v{version:int}", "/v", None),
        ("/v{version:int}", "/v12x", None),
        ("/v{version:int}", "/v１２", None),
        ("/{id:int}-{slug}", "/12-my-post", ["12", "my-post"]),
        ("/{slug}-{id:int}", "/my-post-12", ["my-post", "12"]),
        ("/{a}--{b}", "/x--y-z", ["x", "y-z"]),
        ("/{a}-{b}.{c}", "/x-y-z.w.v", ["x-y", "z.w", "v"]),
        ("/{a}.json", "/a\nb.json", ["a\nb"]),
        ("/{a}.json", "/a.json\n", None),
        ("/a+{b}", "/a+b", ["b"]),
        ("/a+{b}", "/aab", None),
        ("/{day:date}.{format}", "/2026-11-23.csv", ["2026-11-23", "csv"]),
    ],
)
def test_mixed_segments_split_at_their_texts(text: str, path: str, values: list[str] | None) -> None:
    """
    The first plain parameter takes as much as it can; texts are literal; both ends are anchored.
    """
    assert match(text, path) == values


@pytest.mark.parametrize("text", ["/{a}-{b}.{c}", "/{a}-{b}-{c}-{d}-{e}!", "/{a}--{b}--{c}!", "/{a}-{n:int}-{b}-{c}!"])
@pytest.mark.parametrize("repeated", ["-", "-.", "1-", "--1"])
def test_mixed_segments_match_in_linear_time(text: str, repeated: str) -> None:
    """
    No input makes a pattern backtrack more than in proportion to its length.
    """
    tree: RouteTree[None] = RouteTree()
    tree.insert(PathTemplate.parse(text), ["GET"], None)

    assert_linear(tree.find, lambda size: "/" + repeated * size, size=500)


def test_building_encodes_what_a_path_cannot_have() -> None:
    """
    Texts of the template and values are written percent-encoded, and no more of them than necessary.
    """
    template = PathTemplate.parse("/café/{name}/{rest:path}")

    built = template.build({"name": "a b?#%&+", "rest": "x/ü@:"})

    assert built == "/caf%C3%A9/a%20b%3F%23%25&+/x/%C3%BC@:"


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("/{a}/{b}", {"a": 1}, "Wrong parameters: missing 'b'.\n  It takes: a, b."),
        ("/{a}", {"a": 1, "c": 2}, "Wrong parameters: unknown 'c'.\n  It takes: a."),
        ("/x", {"a": 1}, "It takes: none."),
        ("/{a}", {"a": ""}, "parameter 'a': It is empty"),
        ("/{a}", {"a": "x/y"}, "'x/y' contains a slash.\n  Only {a:path} takes slashes"),
        ("/{a}", {"a": ".."}, "contains a '.' or '..' segment"),
        ("/{p:path}", {"p": "x/../y"}, "contains a '.' or '..' segment"),
        ("/{p:path}", {"p": "/evil.example"}, "'//evil.example' would name another host"),
        ("/{p:path}", {"p": "\\evil.example"}, "would name another host"),
        ("/{a:int}", {"a": -1}, "parameter 'a': An int parameter is 0 to"),
        ("/{a:int}", {"a": "1"}, "An int parameter is 0 to"),
        ("/{a:upper}", {"a": "x"}, "parameter 'a': 'x' is no text for 'upper'"),
        ("/{a}.{b}", {"a": "x", "b": "tar.gz"}, "'x.tar.gz' would not be read back as"),
        ("/{a}", {"a": "\ud800"}, "is not valid Unicode"),
    ],
)
def test_a_path_that_would_not_lead_back_is_not_built(text: str, values: dict[str, object], message: str) -> None:
    """
    The error names the template, the parameter and the reason.
    """

    class Upper:
        regex = "[A-Z]+"

        def convert(self, text: str) -> str:
            return text

        def to_string(self, value: str) -> str:
            return value

    converters = ConverterTable()
    converters.register("upper", Upper())
    template = PathTemplate.parse(text, converters)

    with pytest.raises(RouteError, match=message.replace("{", r"\{")):
        template.build(values)


@given(
    name=st.text(min_size=1, max_size=8),
    extension=st.text(min_size=1, max_size=4),
    number=st.integers(0, 10**19 - 1),
    rest=st.text(min_size=1, max_size=12),
)
def test_a_built_path_leads_back(name: str, extension: str, number: int, rest: str) -> None:
    """
    Whatever `build()` writes is found, decoded, with the same values; the rest it refuses.
    """
    text = "/a/{name}/v{number:int}/{first}.{extension}/{rest:path}"
    values = {"name": name, "number": number, "first": name, "extension": extension, "rest": rest}
    try:
        built = PathTemplate.parse(text).build(values)
    except RouteError:
        return

    assert built.isascii()
    assert match(text, unquote(built)) == [name, str(number), name, extension, rest]
