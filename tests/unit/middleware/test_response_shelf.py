"""
Tests of where responses are kept.
"""

from dataclasses import replace

from covet.cache import Cache, MemoryCacheBackend
from covet.http.request import Request
from covet.http.response import Response
from covet.middleware.cached_response import CachedResponse
from covet.middleware.response_shelf import Found, ResponseShelf


def make_kept(text: str, language: str | None = None) -> CachedResponse:
    """Make a response that is kept, for a language if there is one."""
    kept = CachedResponse.take(Response(text), age=0, lifetime=60)
    return kept if language is None else replace(kept, names=("accept-language",), varying=((language,),))


def ask(language: str) -> Request:
    """Make a request."""
    return Request(headers={"accept-language": language})


async def test_what_is_kept_is_found() -> None:
    """
    And nothing else.
    """
    shelf = ResponseShelf(Cache())
    await shelf.keep("k", None, make_kept("tea"))
    found = await shelf.find(Request(), "k")

    assert found.kept is not None
    assert (found.kept.body, found.variants) == (b"tea", None)
    assert await shelf.find(Request(), "other") == Found(None, None)


async def test_of_several_the_right_one_is_found() -> None:
    """
    By the headers that they vary by.
    """
    shelf = ResponseShelf(Cache())
    await shelf.keep("k", None, make_kept("tea", "en"))
    index, _ = await shelf.find(ask("de"), "k")
    await shelf.keep("k", index, make_kept("Tee", "de"))

    found = [(await shelf.find(ask(language), "k")).kept for language in ("en", "de", "fr")]

    assert [kept and kept.body for kept in found] == [b"tea", b"Tee", None]
    assert (await shelf.find(Request(), "k")).kept is None


async def test_what_is_forgotten_does_not_come_back() -> None:
    """
    Also when another one is kept under the same names later, or one that was being made at that time.
    """
    shelf = ResponseShelf(Cache())
    await shelf.keep("k", None, make_kept("tea", "en"))
    await shelf.keep("k", (await shelf.find(ask("de"), "k")).variants, make_kept("Tee", "de"))
    before = (await shelf.find(ask("fr"), "k")).variants
    await shelf.forget("k")
    gone = await shelf.find(ask("en"), "k")
    await shelf.keep("k", before, make_kept("old thé", "fr"))
    old = await shelf.find(ask("fr"), "k")
    await shelf.keep("k", None, make_kept("new tea", "en"))

    assert (gone, old) == (Found(None, None), Found(None, None))
    assert (await shelf.find(ask("de"), "k")).kept is None
    assert (await shelf.find(ask("fr"), "k")).kept is None


async def test_other_names_begin_anew() -> None:
    """
    A handler that varies by something else by now.
    """
    shelf = ResponseShelf(Cache())
    await shelf.keep("k", None, make_kept("tea", "en"))
    index, _ = await shelf.find(ask("en"), "k")
    other = replace(make_kept("tea"), names=("accept",), varying=((),))
    await shelf.keep("k", index, other)
    found = await shelf.find(ask("en"), "k")

    assert found.variants is not None
    assert (found.variants.names, found.kept and found.kept.names) == (("accept",), ("accept",))


async def test_what_stands_in_a_wrong_place_is_nothing() -> None:
    """
    Whoever can write into the store, and does not know better.
    """
    backend = MemoryCacheBackend()
    cache = Cache(backend)
    shelf = ResponseShelf(cache)
    await cache.set("k", make_kept("Tee", "de").write())
    await cache.set("text", "tea")
    await shelf.keep("l", None, make_kept("tea", "en"))
    for key in [key for key in backend._entries if key not in {"v/k", "v/l", "v/text"}]:
        await backend.set(key, b"b" + make_kept("Tee", "de").write())

    assert (await shelf.find(ask("de"), "k")).kept is None
    assert (await shelf.find(ask("de"), "text")).kept is None
    assert (await shelf.find(ask("en"), "l")).kept is None
