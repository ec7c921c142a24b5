"""
Tests of the keys of responses.
"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.http.headers import Headers
from covet.http.request import Request
from covet.middleware.cache_keys import make_key, make_variant_key, read_varying

TEXTS = st.text(max_size=6)


def test_what_differs_in_anything_has_a_key_of_its_own() -> None:
    """
    Host, scheme, path, query: all as they came.
    """
    urls = [
        f"{scheme}://{host}{target}"
        for scheme in ("http", "https")
        for host in ("a.com", "b.com", "a.com:8080")
        for target in ("/", "/a", "/A", "/a/", "/a?", "/a?x=1", "/a?x=1&y=2", "/a?y=2&x=1", "/a?x=1;y=2", "/ax=1")
    ]
    keys = {make_key(Request(url=url)) for url in urls}

    # A request that is made by hand has no empty query: one of the targets stands twice there.
    assert len(keys) == len(urls) - 6


def test_the_method_does_not_matter() -> None:
    """
    `HEAD` asks for what `GET` does, and `POST` changes it.
    """
    assert len({make_key(Request(method, "/a")) for method in ("GET", "HEAD", "POST")}) == 1


def test_the_host_is_the_one_that_a_trusted_proxy_says() -> None:
    """
    And so is the scheme; what the client writes into a header of its own is nothing.
    """
    plain, sent, said = (Request(url="http://a.com/", headers={"X-Forwarded-Host": "b.com"}) for _ in range(3))
    said.set_forwarded(host="b.com", scheme="https")

    assert make_key(plain) == make_key(sent) != make_key(said)
    assert make_key(said) == make_key(Request(url="https://b.com/"))


@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS, max_size=3)), max_size=3), TEXTS)
def test_variants_are_told_apart(varied: list[tuple[str, list[str]]], key: str) -> None:
    """
    Whatever stands in names and values: nothing moves from one into the next.
    """
    names = [name for name, _ in varied]
    values = tuple(tuple(values) for _, values in varied)
    mine = make_variant_key(key, "g", names, values)
    flat = [item for pair in varied for item in (pair[0], *pair[1])]

    for cut in range(len(flat) + 1):
        other = (tuple(flat[:cut]), tuple(flat[cut:]))
        if (names, values) != (["", ""], other):
            assert make_variant_key(key, "g", ["", ""], other) != mine
    assert make_variant_key(key, "h", names, values) != mine
    assert make_variant_key(key + "x", "g", names, values) != mine
    assert make_variant_key(key, "g", names, values) == mine


@pytest.mark.row(81)
def test_what_is_absent_is_not_empty() -> None:
    """
    Nor is one line with a comma the same as two.
    """
    requests: list[list[tuple[str, str]]] = [
        [],
        [("accept", "")],
        [("accept", "a")],
        [("accept", "a, b")],
        [("accept", "a"), ("accept", "b")],
        [("accept", "b"), ("accept", "a")],
        [("accept", ""), ("accept", "")],
    ]
    keys = {make_variant_key("k", "g", ["accept"], read_varying(Headers(pairs), ["accept"])) for pairs in requests}

    assert len(keys) == len(requests)


@pytest.mark.row(82)
def test_texts_that_look_alike_are_told_apart() -> None:
    """
    By their bytes: case, width, accents, and what no encoding has a word for.
    """
    texts = ["k-", "k45", "K", "k", "\u212a", "é", "e\u0301", "a", "a ", "a\0", "\ud800", "\udfff", "ﬁ", "fi", ""]
    keys = {make_variant_key("k", "g", ["x"], ((text,),)) for text in texts}
    pairs = itertools.product(texts, repeat=2)

    assert len(keys) == len(texts)
    assert len({make_variant_key("k", "g", ["x"], (pair,)) for pair in pairs}) == len(texts) ** 2
