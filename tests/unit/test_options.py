"""
Tests of options that do not exist.
"""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from covet import Body, CovetPy, Query, Response, State
from covet.core import CovetRouter
from covet.exceptions import ConfigurationError
from covet.middleware import CORSMiddleware
from covet.options import UnknownOptionError, refuse_unknown
from covet.registry import Registry
from covet.testing import TestClient


@refuse_unknown
def connect(host: str, /, port: int = 80, *, timeout: float = 3.0) -> tuple[str, int, float]:
    """
    Connect somewhere.
    """
    unrelated = timeout
    return host, port, unrelated


def test_options_that_exist_arrive() -> None:
    """
    The function is called as it was before, and shows itself so.
    """
    assert connect("a", 1, timeout=2.0) == ("a", 1, 2.0)
    assert connect("a", port=2) == ("a", 2, 3.0)
    assert (
        str(inspect.signature(connect))
        == "(host: str, /, port: int = 80, *, timeout: float = 3.0) -> tuple[str, int, float]"
    )
    assert connect.__doc__ is not None


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("time_out", "connect() has no option 'time_out'.\n  Did you mean 'timeout'? Available: port, timeout."),
        ("zzz", "connect() has no option 'zzz'.\n  Available: port, timeout."),
        ("host", "connect() has no option 'host'.\n  Available: port, timeout."),
        ("unrelated", "connect() has no option 'unrelated'.\n  Available: port, timeout."),
    ],
)
def test_an_option_that_does_not_exist_is_named_with_the_one_that_was_meant(option: str, text: str) -> None:
    """
    What is positional only, or a variable of the function, is none.
    """
    with pytest.raises(UnknownOptionError) as caught:
        connect("a", **{option: 1})

    assert str(caught.value) == text
    assert isinstance(caught.value, ConfigurationError)
    assert isinstance(caught.value, TypeError)


def test_another_mistake_is_pythons_to_tell() -> None:
    """
    A missing argument, or one too many.
    """
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'host'"):
        connect()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="takes from 1 to 2 positional arguments but 3"):
        connect("a", 1, 2)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("call", "options", "text"),
    [
        (CovetPy, {"de_bug": True}, "CovetPy() has no option 'de_bug'.\n  Did you mean 'debug'?"),
        (CovetPy, {"middlewares": []}, "CovetPy() has no option 'middlewares'.\n  Did you mean 'middleware'?"),
        (CovetRouter, {"prefx": "/a"}, "CovetRouter() has no option 'prefx'.\n  Did you mean 'prefix'?"),
        (
            CORSMiddleware,
            {"allow_origin": []},
            "CORSMiddleware() has no option 'allow_origin'.\n  Did you mean 'allow_",
        ),
        (Registry, {"valid_ator": None}, "Registry() has no option 'valid_ator'.\n  Did you mean 'validator'?"),
        (Query, {"min_lenght": 1}, "Query() has no option 'min_lenght'.\n  Did you mean 'min_length'?"),
        (Body, {"max_len": 1}, "Body() has no option 'max_len'.\n  Did you mean 'max_length'?"),
        (State, {"ali_as": "a"}, "FromState() has no option 'ali_as'.\n  Did you mean 'alias'?"),
        (
            CovetPy().include_router,
            {"prefx": "/a"},
            "include_router() has no option 'prefx'.\n  Did you mean 'prefix'?",
        ),
        (
            CovetPy().add_controller,
            {"prefx": "/a"},
            "add_controller() has no option 'prefx'.\n  Did you mean 'prefix'?",
        ),
        (CovetPy().mount, {"na_me": "a"}, "mount() has no option 'na_me'.\n  Did you mean 'name'?"),
        (CovetPy().middleware, {"prio": 1}, "middleware() has no option 'prio'.\n  Did you mean 'priority'?"),
        (CovetPy().add_middleware, {"prio": 1}, "add_middleware() has no option 'prio'.\n  Did you mean 'priority'?"),
        (CovetRouter().include_router, {"tag": []}, "include_router() has no option 'tag'.\n  Did you mean 'tags'?"),
        (CovetRouter().add_controller, {"tag": []}, "add_controller() has no option 'tag'.\n  Did you mean 'tags'?"),
        (
            Response().set_cookie,
            {"name": "a", "http_only": True},
            "set_cookie() has no option 'http_only'.\n  Did you mean 'httponly'?",
        ),
        (TestClient, {"proto_col": "asgi"}, "TestClient() has no option 'proto_col'.\n  Did you mean 'protocol'?"),
    ],
    ids=lambda item: getattr(item, "__name__", None),
)
def test_what_users_set_up_suggests_the_option_that_was_meant(
    call: Callable[..., object], options: dict[str, Any], text: str
) -> None:
    """
    On every Python, and before anything is missed that should come with it.
    """
    with pytest.raises(ConfigurationError) as caught:
        call(**options)

    assert text in str(caught.value)


def test_options_of_a_middleware_class_belong_to_its_instance() -> None:
    """
    Other frameworks take them beside the class.
    """
    with pytest.raises(UnknownOptionError) as caught:
        CovetPy().add_middleware(CORSMiddleware, allow_origins=["https://a.example"])  # type: ignore[call-arg]

    assert str(caught.value) == (
        "add_middleware() has no option 'allow_origins'.\n"
        "  Pass an instance: CORSMiddleware(...). Available: middleware, priority."
    )


def test_a_class_of_ones_own_is_called_by_its_name() -> None:
    """
    A subclass hands on what it does not know, and the error names the subclass.
    """

    class Shop(CovetPy):
        """
        An application with a setting of its own.
        """

        def __init__(self, currency: str, **options: Any) -> None:
            super().__init__(**options)
            self.currency = currency

    assert Shop("EUR", debug=True).debug
    with pytest.raises(UnknownOptionError, match=r"^Shop\(\) has no option 'de_bug'"):
        Shop("EUR", de_bug=True)
