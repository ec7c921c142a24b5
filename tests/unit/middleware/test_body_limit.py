"""
`BodyLimitMiddleware`: its options, and where it stands; what it limits is in `core/test_route_limits.py`.
"""

import pytest

from covet import CovetPy, create_app
from covet.config import Settings, Sources
from covet.exceptions import ConfigurationError
from covet.middleware import BodyLimitMiddleware, TrustedHostMiddleware


@pytest.mark.parametrize("size", [-1, 1.5, True, "1MiB"])
def test_what_is_no_size_is_refused_when_it_is_made(size: object) -> None:
    """The error names the option and what it is."""
    with pytest.raises(ConfigurationError) as caught:
        BodyLimitMiddleware(size)  # type: ignore[arg-type]

    assert str(caught.value) == (
        f"BodyLimitMiddleware: max_size is {size!r}, expected a whole number of at least 0.\n"
        "  Write max_size=1, for example."
    )


def test_an_unknown_option_is_refused() -> None:
    """With a suggestion."""
    with pytest.raises(ConfigurationError, match="Did you mean 'max_size'"):
        BodyLimitMiddleware(max_sise=1)  # type: ignore[call-arg]


def test_its_place_is_before_all_others() -> None:
    """Whatever the order in which they are added."""
    app = CovetPy(middleware=[TrustedHostMiddleware(["a.com"]), BodyLimitMiddleware(10)])

    assert [type(layer) for layer in app.layers] == [BodyLimitMiddleware, TrustedHostMiddleware]


def test_settings_that_name_it_give_its_size() -> None:
    """It is that of the application."""
    settings = Settings(sources=Sources.none(), middleware=["body_limit"], server={"body_limit": "2KiB"})

    assert repr(create_app(settings).layers) == "(BodyLimitMiddleware(max_size=2048),)"
