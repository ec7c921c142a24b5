"""
Tests of the markers for `Annotated`.
"""

import dataclasses
from typing import Annotated, Any

import pytest

import covet
from covet import CovetPy
from covet.parameters import Body, Cookie, File, Form, FromState, Header, Parameter, Path, Query, State
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


@pytest.mark.parametrize(
    ("marker", "source"),
    [
        (Body, "body"),
        (Cookie, "cookie"),
        (File, "file"),
        (Form, "form"),
        (FromState, "state"),
        (Header, "header"),
        (Path, "path"),
        (Query, "query"),
    ],
)
def test_each_marker_names_its_source(marker: type[Parameter], source: str) -> None:
    """An instance and the class itself may stand in `Annotated`."""
    assert marker.source == source
    assert marker().source == source


def test_a_marker_is_found_in_the_package() -> None:
    """`State` of the package is the marker, not the place for attributes."""
    assert covet.State is State is FromState
    assert covet.Query is Query


def test_a_marker_cannot_be_changed() -> None:
    """Routes share it."""
    marker = Query(ge=1)

    with pytest.raises(dataclasses.FrozenInstanceError):
        marker.ge = 2  # type: ignore[misc]


def test_an_unknown_option_is_refused() -> None:
    """A typing mistake is no silent default."""
    with pytest.raises(TypeError, match="minimum"):
        Query(minimum=1)  # type: ignore[call-arg]


def test_options_are_given_by_name() -> None:
    """`Query(1)` could mean anything."""
    with pytest.raises(TypeError):
        Query(1)  # type: ignore[call-arg, arg-type]


# ── Limits, wherever the text comes from ─────────────────────────────────────

MARKERS: dict[str, type[Parameter]] = {"query": Query, "path": Path, "header": Header, "cookie": Cookie, "form": Form}


async def send_text(protocol: Any, source: str, annotation: Any, text: str | None) -> Any:
    """Send one text by its source to a handler that takes it as `value`, and wants it to be of a type."""
    app = CovetPy()

    async def handler(value: annotation) -> dict[str, object]:
        return {"value": value}

    is_path = source == "path"
    app.add_route("/{value}" if is_path else "/", handler, ["POST" if source == "form" else "GET"])
    async with TestClient(app, protocol=protocol) as client:
        if source == "form":
            return await client.post("/", data={} if text is None else {"value": text})
        options: dict[str, Any] = {}
        if text is not None and not is_path:
            key = {"query": "params", "header": "headers", "cookie": "cookies"}[source]
            options[key] = {"value": text}
        return await client.get(f"/{text}" if is_path else "/", **options)


@Protocols
@pytest.mark.parametrize("source", MARKERS)
@pytest.mark.parametrize(
    ("base", "limit", "good", "bad", "kind"),
    [
        (int, {"ge": 3}, "3", "2", "greater_than_equal"),
        (int, {"gt": 3}, "4", "3", "greater_than"),
        (float, {"le": 1.5}, "1.5", "1.6", "less_than_equal"),
        (float, {"lt": 1.5}, "1.4", "1.5", "less_than"),
        (int, {"multiple_of": 5}, "10", "11", "multiple_of"),
        (str, {"min_length": 2}, "ab", "a", "too_short"),
        (str, {"max_length": 2}, "ab", "abc", "too_long"),
        (str, {"pattern": "^[a-c]+$"}, "abc", "abx", "pattern"),
    ],
    ids=lambda item: "-".join(item) if isinstance(item, dict) else None,
)
async def test_a_limit_holds_for_every_source(
    protocol: Any, source: str, base: Any, limit: dict[str, Any], good: str, bad: str, kind: str
) -> None:
    """What just fits is taken; what just does not is an error with its place and kind."""
    annotation = Annotated[base, MARKERS[source](**limit)]

    taken = await send_text(protocol, source, annotation, good)
    refused = await send_text(protocol, source, annotation, bad)

    assert taken.json() == {"value": base(good)}
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["source"], error["pointer"]) == (source, "/value")
    assert kind in error["type"]


@pytest.mark.parametrize("source", [source for source in MARKERS if source != "path"])
async def test_what_did_not_come_takes_its_default_or_is_missed(source: str) -> None:
    """A default of the signature, of the marker, or made by its factory; none is an error."""
    marker = MARKERS[source]
    # A cookie has one value.
    base, made = (int, 5) if source == "cookie" else (list[int], [5])

    answers = [
        await send_text("asgi", source, annotation, None)
        for annotation in (
            Annotated[int, marker(default=5)],
            Annotated[base, marker(default_factory=lambda: made)],
            Annotated[int, marker()],
        )
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 422]
    assert [answer.json().get("value") for answer in answers] == [5, made, None]
    (error,) = answers[2].json()["errors"]
    assert (error["source"], error["pointer"], error["type"]) == (source, "/value", "missing")
