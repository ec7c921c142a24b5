"""
Arguments of one text or several: where they are parted, and where they are not. Over both protocols.
"""

from typing import Annotated

import pytest

from covet import Cookie, CovetPy, Header, Query
from covet.core.argument import Argument
from covet.core.text_arguments import read_text
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, on_both_protocols


def make_app() -> CovetPy:
    """Make the application under test."""
    app = CovetPy()

    @app.get("/")
    async def show(
        ids: Annotated[list[int], Query(explode=False)] = [],  # noqa: B006
        words: Annotated[set[str], Query(style="spaceDelimited")] = set(),  # noqa: B006
        pair: Annotated[tuple[int, int] | None, Query(style="pipeDelimited")] = None,
        tag: list[str] = [],  # noqa: B006
        x_id: Annotated[list[int], Header()] = [],  # noqa: B006
        sid: Annotated[str, Cookie()] = "none",
    ) -> dict[str, object]:
        return {"ids": ids, "words": sorted(words), "pair": pair, "tag": tag, "x": x_id, "sid": sid}

    return app


@on_both_protocols
@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("ids=1,2,3", "ids", [1, 2, 3]),
        ("ids=1&ids=2,3", "ids", [1, 2, 3]),
        ("ids=", "ids", []),
        ("ids=1%2C2", "ids", [1, 2]),
        ("words=green%20tea+hot", "words", ["green", "hot", "tea"]),
        ("pair=1|2", "pair", [1, 2]),
        ("pair=1%7C2", "pair", [1, 2]),
        ("tag=a,b&tag=c", "tag", ["a,b", "c"]),
        ("", "ids", []),
    ],
)
async def test_lists_are_parted_as_their_style_says(
    protocol: WireProtocol, query: str, name: str, value: object
) -> None:
    """A repeated name is one list, too; without a style nothing is parted."""
    response = await TestClient(make_app(), protocol=protocol).get(f"/?{query}")

    assert response.json()[name] == value


@on_both_protocols
async def test_an_item_that_is_wrong_has_its_place(protocol: WireProtocol) -> None:
    """Counted in the list that was made of all texts."""
    response = await TestClient(make_app(), protocol=protocol).get("/?ids=1,x,3&pair=1|2|3")

    assert [(item["pointer"], item["message"]) for item in response.json()["errors"]] == [
        ("/ids/1", "must be an integer"),
        ("/pair", "must be given 2 times"),
    ]


@on_both_protocols
async def test_headers_and_cookies_are_read(protocol: WireProtocol) -> None:
    """A header may come several times."""
    response = await TestClient(make_app(), protocol=protocol).get(
        "/", headers=[("x-id", "1"), ("x-id", "2"), ("cookie", "sid=s1")]
    )

    assert (response.json()["x"], response.json()["sid"]) == ([1, 2], "s1")


def test_without_a_validator_nothing_is_read() -> None:
    """A plan that is not complete is the framework's own mistake."""
    with pytest.raises(TypeError, match="'page' has no validator"):
        read_text(Argument("page", "query", "page"))
