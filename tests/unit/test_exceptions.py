"""
The error tree: as it is drawn, with its data and its texts.
"""

import inspect
import pickle
import re
from collections.abc import Iterator
from typing import Any

import pytest

import covet.exceptions
from covet.exceptions import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ContentTooLargeError,
    CovetError,
    DatabaseError,
    ErrorItem,
    HandlerTimeoutError,
    HeadersTooLargeError,
    HTTPError,
    ItemExistsError,
    ItemNotFoundError,
    LifespanError,
    MethodNotAllowedError,
    NotAcceptableError,
    NotFoundError,
    NotImplementedMethodError,
    PermissionDeniedError,
    RequestTimeoutError,
    ResponseError,
    RouteConflictError,
    RouteError,
    ServiceUnavailableError,
    TooManyRequestsError,
    UnsupportedMediaTypeError,
    URITooLongError,
    ValidationError,
    phrase_of,
    suggest,
)


def drawn_tree() -> Iterator[tuple[str, str, str]]:
    """Read class, parent and note of each line of the tree in the module's docstring."""
    path: list[str] = []
    for line in inspect.getdoc(covet.exceptions).splitlines():  # type: ignore[union-attr]
        match = re.match(r"^ {4}([│├└─ ]*)([A-Z][A-Za-z]+Error)\b *(.*)$", line)
        if match is not None:
            depth = len(match[1]) // 4
            path[depth:] = [match[2]]
            yield match[2], path[depth - 1] if depth else "Exception", match[3]


def real_errors() -> dict[str, type[BaseException]]:
    """Collect the errors that the module defines."""
    return {
        name: cls
        for name, cls in vars(covet.exceptions).items()
        if isinstance(cls, type) and issubclass(cls, BaseException) and cls.__module__ == "covet.exceptions"
    }


def test_the_drawn_tree_is_the_real_one() -> None:
    """Each class stands in the docstring once, under its first base class."""
    drawn = {name: parent for name, parent, _ in drawn_tree()}

    real = {name: cls.__bases__[0].__name__ for name, cls in real_errors().items()}

    assert drawn == real
    assert len(drawn) == len(list(drawn_tree()))


@pytest.mark.parametrize(("name", "note"), [(name, note) for name, _, note in drawn_tree() if note[:3].isdigit()])
def test_the_drawn_status_is_the_real_one(name: str, note: str) -> None:
    """The status in the drawing is the status of the class."""
    cls: Any = real_errors()[name]

    assert cls.status_code == int(note[:3])


@pytest.mark.parametrize(
    ("name", "builtin"),
    [(name, match[1]) for name, _, note in drawn_tree() if (match := re.search(r"\(also (\w+)\)", note)) is not None],
)
def test_the_drawn_builtin_is_a_base(name: str, builtin: str) -> None:
    """What is drawn as "also ValueError" can be caught as one."""
    assert builtin in [base.__name__ for base in real_errors()[name].__mro__]


@pytest.mark.parametrize("cls", real_errors().values(), ids=lambda cls: cls.__name__)
def test_every_error_has_a_docstring(cls: type[BaseException]) -> None:
    """Each error says in its own words when it is raised."""
    assert cls.__doc__
    assert cls.__doc__ != cls.__bases__[0].__doc__


def test_a_hint_stands_on_a_line_of_its_own() -> None:
    """The text is what happened, then what to do."""
    error = CovetError("The kettle is empty.", hint="Fill it.")

    assert str(error) == "The kettle is empty.\n  Fill it."
    assert (error.message, error.hint) == ("The kettle is empty.", "Fill it.")


def test_without_a_hint_there_is_one_line() -> None:
    """Nothing is added to a message that needs no hint."""
    assert str(CovetError("The kettle is empty.")) == "The kettle is empty."


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (RouteError("It has no annotation."), "It has no annotation."),
        (RouteError("It is bad.", route="GET /"), "GET /: It is bad."),
        (RouteError("It is bad.", parameter="page"), "parameter 'page': It is bad."),
        (
            RouteError("It is bad.", route="GET /", parameter="page", hint="Mend it."),
            "GET /, parameter 'page': It is bad.\n  Mend it.",
        ),
        (RouteConflictError("a and b.", route="GET /"), "GET /: a and b."),
        (ItemExistsError("It is there.", hint="Go."), "It is there.\n  Go."),
        (LifespanError("It failed.", step="start the pool", hint="Look."), "It failed.\n  Look."),
        (DatabaseError("It failed."), "It failed."),
        (ResponseError("It is bad."), "It is bad."),
    ],
)
def test_errors_say_what_and_where(error: CovetError, text: str) -> None:
    """The text is built from the data an error has."""
    assert str(error) == text


def test_an_unknown_item_is_told_in_full() -> None:
    """A KeyError prints the repr of its argument; this one prints its text."""
    error = ItemNotFoundError("jsn", available=["xml", "json"], registry="serializers")

    assert str(error) == "'jsn' is not registered in serializers.\n  Did you mean 'json'? Available: json, xml."
    assert (error.name, error.available, error.registry) == ("jsn", ("xml", "json"), "serializers")


@pytest.mark.parametrize(
    ("name", "known", "text"),
    [
        ("jsn", ["json", "msgpack"], "Did you mean 'json'? Available: json, msgpack."),
        ("toml", ["xyz", "abc"], "Available: abc, xyz."),
        ("dir", ["directory", "config"], "Did you mean 'directory'? Available: config, directory."),
        ("dir", ["directory", "directories"], "Available: directories, directory."),
        ("d", ["directory"], "Available: directory."),
        ("toml", [], "Available: none."),
    ],
)
def test_suggestions(name: str, known: list[str], text: str) -> None:
    """A close name is suggested, and what there is is listed in order."""
    assert suggest(name, known) == text


@pytest.mark.parametrize("detail", [404, {"error": "x"}, b"x"])
def test_a_detail_is_a_text(detail: Any) -> None:
    """A status in the place of the detail is refused where it is written, and the text says where it belongs."""
    with pytest.raises(TypeError, match=r"detail must be a text, got .*\. A status is given as status_code="):
        HTTPError(detail)


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (HTTPError(), 500, "Internal Server Error"),
        (BadRequestError(), 400, "Bad Request"),
        (AuthenticationError(), 401, "Unauthorized"),
        (PermissionDeniedError(), 403, "Forbidden"),
        (NotFoundError(), 404, "Not Found"),
        (MethodNotAllowedError(["GET"]), 405, "Method Not Allowed"),
        (NotAcceptableError(), 406, "Not Acceptable"),
        (RequestTimeoutError(), 408, "Request Timeout"),
        (ConflictError(), 409, "Conflict"),
        (ContentTooLargeError(), 413, "Content Too Large"),
        (URITooLongError(), 414, "URI Too Long"),
        (UnsupportedMediaTypeError(), 415, "Unsupported Media Type"),
        (ValidationError(), 422, "Unprocessable Content"),
        (TooManyRequestsError(), 429, "Too Many Requests"),
        (HeadersTooLargeError(), 431, "Request Header Fields Too Large"),
        (NotImplementedMethodError(), 501, "Not Implemented"),
        (ServiceUnavailableError(), 503, "Service Unavailable"),
        (HandlerTimeoutError(), 504, "Gateway Timeout"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, HTTPError) else None,
)
def test_an_http_error_has_a_status_and_a_title(error: HTTPError, status: int, title: str) -> None:
    """Each class has its status, is titled by RFC 9110's phrase, and prints it when nothing else is said."""
    assert error.status_code == status
    assert error.title == title
    assert str(error) == title


@pytest.mark.parametrize("status", [200, 399, 600, 0, -1, True, "404"])
def test_an_http_error_has_an_error_status(status: Any) -> None:
    """A status that is no error is refused where it is given."""
    with pytest.raises(ValueError, match=re.escape(f"must be an integer from 400 to 599, got {status!r}.")):
        HTTPError(status_code=status)


def test_an_http_error_carries_what_the_response_needs() -> None:
    """Detail, headers, type, title and further members are kept."""
    error = HTTPError(
        "No tea.",
        status_code=418,
        headers={"x-pot": "short"},
        type="https://example.com/teapot",
        title="Teapot",
        extensions={"stout": True},
    )

    assert (error.status_code, error.detail, error.title) == (418, "No tea.", "Teapot")
    assert error.type == "https://example.com/teapot"
    assert (error.headers, error.extensions) == ({"x-pot": "short"}, {"stout": True})
    assert str(error) == "No tea."


def test_errors_share_no_mutable_default() -> None:
    """Changing one error's headers leaves the next error's alone."""
    NotFoundError().headers["x-leak"] = "1"
    NotFoundError().extensions["leak"] = 1

    assert (NotFoundError().headers, NotFoundError().extensions) == ({}, {})


def test_headers_given_are_copied() -> None:
    """The caller's dict is not the error's."""
    headers = {"retry-after": "1"}
    error = TooManyRequestsError(headers=headers)

    headers["retry-after"] = "2"

    assert error.headers == {"retry-after": "1"}


@pytest.mark.parametrize(
    ("error", "headers", "extensions"),
    [
        (MethodNotAllowedError(["GET", "HEAD"]), {"allow": "GET, HEAD"}, {}),
        (NotAcceptableError(["text/html"]), {"vary": "Accept"}, {"available": ["text/html"]}),
        (
            UnsupportedMediaTypeError(["application/json", "text/html"]),
            {"accept": "application/json, text/html"},
            {"supported": ["application/json", "text/html"]},
        ),
        (UnsupportedMediaTypeError(), {}, {}),
    ],
)
def test_refusals_say_what_is_on_offer(
    error: HTTPError, headers: dict[str, str], extensions: dict[str, object]
) -> None:
    """405, 406 and 415 tell the client what it could have sent instead."""
    assert (error.headers, error.extensions) == (headers, extensions)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ContentTooLargeError(limit=1024), "The limit is 1024 bytes."),
        (ContentTooLargeError("Too much.", limit=1024), "Too much."),
        (ContentTooLargeError(), "Content Too Large"),
    ],
)
def test_too_large_says_the_limit(error: ContentTooLargeError, text: str) -> None:
    """413 tells the limit unless something else is said."""
    assert str(error) == text


def test_a_validation_error_lists_every_item() -> None:
    """The text has one line for each error, with its place."""
    error = ValidationError(
        [
            ErrorItem("body", "/age", "must be an integer", "int_type"),
            ErrorItem("query", "", "is missing", "missing"),
        ]
    )

    assert str(error) == "2 errors\n  body /age: must be an integer\n  query /: is missing"
    assert error.errors[0].to_dict() == {
        "source": "body",
        "pointer": "/age",
        "message": "must be an integer",
        "type": "int_type",
    }


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (ValidationError([ErrorItem("body", "", "is bad", "bad")]), "1 error"),
        (ValidationError("The dates contradict."), "The dates contradict."),
        (ValidationError([ErrorItem("body", "", "is bad", "bad")], "Look again."), "Look again."),
        (ValidationError(), None),
    ],
)
def test_a_validation_error_has_a_detail(error: ValidationError, detail: str | None) -> None:
    """The detail counts the errors, unless something else is said."""
    assert error.detail == detail


@pytest.mark.parametrize(("status", "phrase"), [(404, "Not Found"), (599, "Error"), (413, "Content Too Large")])
def test_phrases(status: int, phrase: str) -> None:
    """Statuses are named as RFC 9110 names them, on every Python."""
    assert phrase_of(status) == phrase


def test_a_lifespan_error_names_its_step() -> None:
    """The step that failed is kept for programs."""
    assert LifespanError("It failed.", step="start the pool").step == "start the pool"


def test_an_error_item_cannot_be_changed() -> None:
    """Errors are reported as they were found."""
    item: Any = ErrorItem("body", "", "is bad", "bad")

    with pytest.raises(AttributeError):
        item.message = "is good"


def test_error_items_survive_processes() -> None:
    """An item can be sent to another process and stays equal."""
    item = ErrorItem("body", "/a", "is bad", "bad")

    assert pickle.loads(pickle.dumps(item)) == item


def test_an_argument_that_an_error_does_not_take_is_named_with_the_one_that_was_meant() -> None:
    """
    The class that was called is named.
    """
    with pytest.raises(TypeError) as caught:
        NotFoundError("gone", header={})  # type: ignore[arg-type]

    assert str(caught.value) == (
        "NotFoundError() has no option 'header'.\n"
        "  Did you mean 'headers'? Available: detail, extensions, headers, status_code, title, type."
    )
