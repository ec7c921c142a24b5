"""
What hooks return, as `covet.core.hook_results` takes it.
"""

import pytest

from covet import Response
from covet.core.hook_results import check_response, settle, settle_response
from covet.exceptions import ResponseError


async def give(value: object) -> object:
    """Give a value as a coroutine function does."""
    return value


async def test_what_can_be_awaited_is_awaited() -> None:
    """And nothing else is."""
    assert [await settle(give(7)), await settle(7)] == [7, 7]


async def test_a_subclass_and_an_awaitable_are_responses() -> None:
    """They are taken as they are."""

    class Page(Response):
        pass

    page = Page("")

    assert await settle_response(page, "Stamp", "process_response") is page
    assert await settle_response(give(page), "Stamp", "process_response") is page


async def test_only_process_request_goes_on_with_nothing() -> None:
    """The other hooks have a response to give."""
    assert await settle_response(give(None), "Stamp", "process_request") is None
    with pytest.raises(ResponseError) as caught:
        await settle_response(give(None), "Stamp", "process_response")

    assert str(caught.value) == (
        "Stamp.process_response returned NoneType, expected Response.\n"
        "  Return the response, at the end of the hook too."
    )


def test_a_call_is_named_without_a_hook() -> None:
    """A function of (request, call_next) has no hook to name."""
    with pytest.raises(ResponseError, match="stamp returned str, expected Response"):
        check_response("text", "stamp", "")
