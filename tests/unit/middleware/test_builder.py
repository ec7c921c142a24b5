"""
`MiddlewareBuilder`: steps that change nothing, and a stack that is checked when it is built.
"""

import inspect
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.exceptions import ConfigurationError, ItemNotFoundError
from covet.middleware import CallNext, CORSMiddleware, Middleware, MiddlewareBuilder
from covet.middleware.builder import CORSOptions, make_from_options
from covet.options import UnknownOptionError
from covet.testing import TestClient

ORIGIN = "https://example.com"


class Stamp(Middleware):
    """Writes a header."""

    def __init__(self, text: str, *, times: int = 1) -> None:
        self.text = text * times

    def process_response(self, request: Request, response: Response) -> Response:
        """Write it."""
        response.headers["x-stamp"] = self.text
        return response


async def around(request: Request, call_next: CallNext) -> Response:
    """Change nothing."""
    return await call_next(request)


def test_each_step_gives_a_new_builder() -> None:
    """Two stacks may begin with the same steps."""
    base = MiddlewareBuilder().cors(allow_origins=[ORIGIN])

    one = base.custom(around)
    other = base.custom(Stamp, text="a").custom(around)

    assert [len(builder) for builder in (base, one, other)] == [1, 2, 3]
    assert [type(item).__name__ for item in base.build()] == ["CORSMiddleware"]


def test_stack_has_the_order_of_the_steps() -> None:
    """The first is outermost."""
    built = MiddlewareBuilder().custom(Stamp, text="a", times=3).custom(around).cors().build()

    assert [type(item).__name__ for item in built] == ["Stamp", "function", "CORSMiddleware"]
    assert built[0].text == "aaa"


def test_building_twice_gives_two_stacks() -> None:
    """No instance is shared between two applications."""
    builder = MiddlewareBuilder().custom(Stamp, text="a")

    assert builder.build()[0] is not builder.build()[0]


@pytest.mark.parametrize("item", [Stamp("a"), around, "cors", "tests.unit.middleware.test_builder:around"])
def test_custom_takes_everything_that_is_middleware(item: object) -> None:
    """An instance, a function, a name of the registry, an import string."""
    [built] = MiddlewareBuilder().custom(item).build()

    assert isinstance(built, CORSMiddleware) if item == "cors" else built in (item, around)


@pytest.mark.parametrize("is_built", [True, False], ids=["built", "builder"])
async def test_application_takes_the_stack(is_built: bool) -> None:
    """As a list, or the builder itself."""
    builder = MiddlewareBuilder().cors(allow_origins=[ORIGIN]).custom(Stamp, text="a")
    app = CovetPy()

    app.add_middleware_stack(builder.build() if is_built else builder)
    response = await TestClient(app).get("/", headers={"origin": ORIGIN})

    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert response.headers["x-stamp"] == "a"


@pytest.mark.parametrize(
    "options", [{}, {"allow_origins": None}, {"allow_origins": []}], ids=["left out", "none", "empty"]
)
async def test_no_origin_is_allowed_unless_one_is_named(options: dict[str, Any]) -> None:
    """Neither nothing nor an empty list means everybody."""
    app = CovetPy()
    app.add_middleware_stack(MiddlewareBuilder().cors(**options))

    response = await TestClient(app).get("/", headers={"origin": ORIGIN})

    assert "access-control-allow-origin" not in response.headers


def test_everybody_with_credentials_is_refused() -> None:
    """In `build()`, not before."""
    builder = MiddlewareBuilder().cors(allow_origins=["*"], allow_credentials=True)

    with pytest.raises(ConfigurationError, match="every site could act for its visitors"):
        builder.build()


def test_unknown_option_is_suggested() -> None:
    """In `build()`, for built-in middleware and for one's own."""
    builder = MiddlewareBuilder().cors(allow_origin=[ORIGIN]).custom(Stamp, text="a", time=2)  # type: ignore[call-arg]

    with pytest.raises(ExceptionGroup) as caught:
        builder.build()

    assert caught.value.message == "2 middleware cannot be made."
    assert [str(exc) for exc in caught.value.exceptions] == [
        (
            "CORSMiddleware() has no option 'allow_origin'.\n  Did you mean 'allow_origins'? Available: "
            "allow_credentials, allow_headers, allow_methods, allow_origins, "
            "allow_private_network, expose_headers, max_age."
        ),
        "Stamp() has no option 'time'.\n  Did you mean 'times'? Available: text, times.",
    ]
    assert all(isinstance(exc, UnknownOptionError) for exc in caught.value.exceptions)


@pytest.mark.parametrize(
    ("item", "options", "message"),
    [
        (Stamp, {}, "Stamp cannot be made with these options: missing a required argument: 'text'."),
        (
            Stamp("a"),
            {"times": 2},
            "Stamp is made already: it takes no options, got times.\n  Pass the class, or make it with its options.",
        ),
        (
            around,
            {"times": 2},
            "around is made already: it takes no options, got times.\n  Pass the class, or make it with its options.",
        ),
        (int, {}, "int is no middleware.\n  Write async def name(request, call_next), or a subclass of Middleware."),
        (7, {}, "int is no middleware.\n  Write async def name(request, call_next), or a subclass of Middleware."),
    ],
)
def test_step_that_cannot_be_made_is_refused(item: object, options: dict[str, object], message: str) -> None:
    """The error names it."""
    with pytest.raises(ConfigurationError) as caught:
        MiddlewareBuilder().custom(item, **options).build()

    assert str(caught.value) == message


def test_name_of_nothing_is_suggested() -> None:
    """What is registered is listed."""
    with pytest.raises(ItemNotFoundError, match="Did you mean 'cors'"):
        MiddlewareBuilder().custom("corz").build()


def test_any_options_are_passed_to_a_class_that_takes_any() -> None:
    """It decides itself which ones there are."""

    class Open(Middleware):
        def __init__(self, **options: object) -> None:
            self.options = options

        def process_response(self, request: Request, response: Response) -> Response:
            return response

    assert make_from_options(Open, {"color": "red"}).options == {"color": "red"}


def test_option_may_have_any_name() -> None:
    """That of the builder's own parameter, too."""

    class Around(Middleware):
        def __init__(self, middleware: str) -> None:
            self.text = middleware

        def process_response(self, request: Request, response: Response) -> Response:
            return response

    [built] = MiddlewareBuilder().custom(Around, middleware="inner").build()

    assert built.text == "inner"


def test_options_of_cors_are_those_of_its_class() -> None:
    """What the type checker knows is what there is."""
    assert CORSOptions.__annotations__.keys() == inspect.signature(CORSMiddleware).parameters.keys()


def test_builder_shows_its_steps() -> None:
    """For a debugger."""
    assert repr(MiddlewareBuilder()) == "<MiddlewareBuilder: empty>"
    assert repr(MiddlewareBuilder().cors().custom(around)) == "<MiddlewareBuilder: cors, around>"
