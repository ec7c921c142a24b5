"""
Paths and what converters say, as documents have it.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from covet.core.path_template import PathTemplate
from covet.core.route import Route, make_route
from covet.core.routing import CovetRouter
from covet.openapi import OpenAPIError
from covet.openapi.paths import can_be_missing, list_described, write_parameter_schema, write_path


async def handler() -> None:
    """A handler."""


def make(path: str, methods: Sequence[str] = ("GET",)) -> Route:
    """
    Make a route.
    """
    return make_route(PathTemplate.parse(path), handler, tuple(methods), {}, ())


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/", "/"),
        ("/users/{user_id:int}", "/users/{user_id}"),
        ("/a b/{c}.{d}", "/a%20b/{c}.{d}"),
        ("/files/{name:path}", "/files/{name}"),
        ("/end/", "/end/"),
    ],
)
def test_a_path_has_no_converters(path: str, written: str) -> None:
    """
    Parameters stand in braces, other text as in a URL.
    """
    assert write_path(PathTemplate.parse(path)) == written


class Slug:
    """
    A converter of one's own.
    """

    def __init__(self, regex: str) -> None:
        self.regex = regex

    def convert(self, text: str) -> str:
        """Keep it."""
        return text

    def to_string(self, value: str) -> str:
        """Keep it."""
        return value


@pytest.mark.parametrize(
    ("regex", "schema"),
    [
        ("[a-z]+", {"type": "string", "pattern": "^[a-z]+$"}),
        ("aa|bb", {"type": "string", "pattern": "^(?:aa|bb)$"}),
        ("(?s:.+)", {"type": "string"}),
        ("a++", {"type": "string"}),
    ],
)
def test_a_converters_expression_is_a_pattern(regex: str, schema: dict[str, Any]) -> None:
    """
    Unless it says what only Python understands.
    """
    router = CovetRouter()
    router.register_converter("slug", Slug(regex))
    route = router.add_route("/{name:slug}", handler)

    assert write_parameter_schema(route.template.parameters[0]) == schema


def test_a_path_can_be_missing_because_of_a_converter() -> None:
    """
    A plain parameter takes everything.
    """
    assert can_be_missing(PathTemplate.parse("/{day:date}"))
    assert not can_be_missing(PathTemplate.parse("/{name}/{rest:path}"))


def test_paths_that_differ_by_names_stand_under_one() -> None:
    """
    OpenAPI takes them for the same; the first one's names count.
    """
    show, remove = make("/users/{user_id}"), make("/users/{number:int}", ["DELETE"])

    described = list_described([show, remove])

    assert described == [
        (show, "/users/{user_id}", {"user_id": "user_id"}),
        (remove, "/users/{user_id}", {"number": "user_id"}),
    ]


def test_routes_that_only_converters_tell_apart_are_refused() -> None:
    """
    A document could only show one of them: nobody would know which.
    """
    with pytest.raises(OpenAPIError) as caught:
        list_described([make("/users/{user_id:int}"), make("/users/{name}")])

    assert str(caught.value) == (
        "GET /users/{name}: Documents cannot tell it from GET /users/{user_id:int} "
        f"({__name__}.handler): they know no converters.\n"
        "  Declare one of the two with include_in_schema=False."
    )
