"""
Tests of responses as a cache keeps them.
"""

import json
from typing import Any

import pytest

from covet.http.response import Response
from covet.middleware.cached_response import CachedResponse, VariantIndex


def take(response: Response, **options: Any) -> CachedResponse:
    """Take what is kept of a response."""
    return CachedResponse.take(response, **{"age": 0, "lifetime": 60, **options})


def test_what_is_made_of_it_is_what_it_was_made_of() -> None:
    """
    Status, headers, each line of them, and body; and it says how old it is.
    """
    response = Response(b"\x00\xff", 404, {"x-a": "1", "etag": '"v1"'}, "image/png")
    response.headers.append("link", "</a>")
    response.headers.append("link", "</b>")
    kept = CachedResponse.read(take(response, age=5).write())
    assert kept is not None
    made = kept.make_response(kept.made_at + 7.9)

    assert (made.status_code, made.body) == (404, b"\x00\xff")
    assert made.headers.multi_items() == [
        ("content-type", "image/png"),
        ("x-a", "1"),
        ("etag", '"v1"'),
        ("link", "</a>"),
        ("age", "12"),
        ("link", "</b>"),
    ]


def test_what_has_no_type_gets_none() -> None:
    """
    A redirect has no body, and says nothing of one.
    """
    made = take(Response(None, 301, {"location": "/a"})).make_response(0)

    assert dict(made.headers) == {"location": "/a", "age": "0"}


def test_what_belongs_to_one_message_is_left_out() -> None:
    """
    How it was framed, how old it was, and what is one client's alone, whatever becomes of the rest.
    """
    headers = {"connection": "X-Hop, close", "x-hop": "1", "date": "now", "age": "7", "set-cookie": "a=b", "x-a": "1"}

    assert take(Response(None, headers=headers)).fields == [("x-a", "1")]


def test_nobody_shares_what_is_made_of_it() -> None:
    """
    Whoever gets one may change it.
    """
    kept = take(Response("tea", headers={"x-a": "1"}))
    first = kept.make_response(kept.made_at)
    first.headers["x-a"] = "2"
    first.status_code = 304

    assert kept.make_response(kept.made_at).headers["x-a"] == "1"
    assert kept.make_response(kept.made_at).status_code == 200


def test_a_clock_that_is_set_back_makes_nothing_younger() -> None:
    """
    Than it was.
    """
    kept = take(Response(), age=5)

    assert kept.read_age(kept.made_at - 100) == 5
    assert kept.read_freshness(kept.made_at - 100) == 60
    assert kept.read_freshness(kept.made_at + 61) == -1


@pytest.mark.parametrize(
    "stored",
    [
        None,
        7,
        "r",
        b"",
        b"r",
        b"r[]\n",
        b"r\xff",
        b"r" + b"[" * 100_000,
        b'r[200,[["x-a","1"]],1,0,60,[]]\n',
        b"r[70000,[],1,0,60,[],[]]\n",
        b'r["200",[],1,0,60,[],[]]\n',
        b'r[200,[["x a","1"]],1,0,60,[],[]]\n',
        b'r[200,[["x-a","1\\r\\nset-cookie: a=b"]],1,0,60,[],[]]\n',
        b'r[200,[["transfer-encoding","chunked"]],1,0,60,[],[]]\n',
        b"r[200,[[1,2]],1,0,60,[],[]]\n",
        b'r[200,[],"1",0,60,[],[]]\n',
        b"r[200,[],NaN,0,60,[],[]]\n",
        b"r[200,[],1e999,0,60,[],[]]\n",
        b"r[200,[],1,0,60,7,[]]\n",
        b"cos\nsystem\n(S'true'\ntR.",
    ],
    ids=lambda stored: repr(stored)[:40],
)
@pytest.mark.row(83)
def test_what_somebody_else_has_put_there_is_nothing(stored: object) -> None:
    """
    It is no response, and runs nothing.
    """
    assert CachedResponse.read(stored) is None


def test_what_would_frame_a_message_is_not_believed() -> None:
    """
    Whoever can write into the store cannot make two responses of one.
    """
    head = [200, [["content-length", "0"], ["set-cookie", "a=b"], ["x-a", "1"]], 1, 0, 60, [], []]
    kept = CachedResponse.read(b"r" + json.dumps(head).encode() + b"\ntea")

    assert kept is not None
    assert (kept.fields, kept.body) == ([("x-a", "1")], b"tea")


@pytest.mark.parametrize("stored", [None, b"", b"i", b"i[]", b"i[7,8]", b'i[["a"],7]', b'i[[7],"g"]', b"r[]", b"i\xff"])
def test_what_is_no_index_is_nothing(stored: object) -> None:
    """
    Whoever has put it there.
    """
    assert VariantIndex.read(stored) is None
