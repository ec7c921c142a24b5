"""
Tests of the markers.
"""

import pytest

from covet import Body, Cookie, Form, Header, Path, Query, State


@pytest.mark.parametrize(
    ("marker", "source"),
    [
        (Query, "query"),
        (Path, "path"),
        (Header, "header"),
        (Cookie, "cookie"),
        (Body, "body"),
        (Form, "form"),
        (State, "state"),
    ],
)
def test_each_marker_names_its_source(marker: type[Query], source: str) -> None:
    """The source is the class's; options are keyword-only, unknown ones an error."""
    assert marker().source == source
    assert marker(alias="a", ge=1).alias == "a"
    with pytest.raises(TypeError, match="unexpected keyword argument 'minimum'"):
        marker(minimum=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        marker("alias")  # type: ignore[call-arg]
