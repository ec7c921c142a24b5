"""
Tests of waiting for whole bodies: who is too slow is given up, who is not pays nothing and leaves nothing.
"""

import asyncio

import pytest

from covet.core.body_watch import WATCHES, DeclaredLengths, start_watch, wait_watched
from covet.exceptions import BadRequestError, ContentTooLargeError, RequestTimeoutError
from covet.http.body import BodyLimits


def make_body() -> "asyncio.Future[bytes]":
    """
    Make a body that has not come yet.
    """
    return asyncio.get_running_loop().create_future()


def test_a_length_brings_its_patience() -> None:
    """
    The grace, and the time of the slowest client allowed.
    """
    lengths = DeclaredLengths(BodyLimits(max_size=1000, grace=5.0, min_rate=100))

    assert lengths.learn("1000") == (1000, 15.0)
    assert DeclaredLengths(BodyLimits(min_rate=0)).learn("7") == (7, float("inf"))


@pytest.mark.parametrize(
    ("text", "error"),
    [("1001", ContentTooLargeError), ("-1", BadRequestError), ("1_0", BadRequestError), ("", BadRequestError),
     ("\u0663", BadRequestError), ("1" * 20, BadRequestError)],
)  # fmt: skip
def test_a_length_that_is_not_good_is_not_remembered(text: str, error: type[Exception]) -> None:
    """
    It is refused again and again.
    """
    lengths = DeclaredLengths(BodyLimits(max_size=1000))

    for _ in range(2):
        with pytest.raises(error):
            lengths.learn(text)
    assert len(lengths) == 0


def test_the_lengths_that_are_remembered_are_bounded() -> None:
    """
    Clients choose them.
    """
    lengths = DeclaredLengths(BodyLimits(max_size=None))

    for size in range(3000):
        assert lengths.learn(str(size))[0] == size

    assert len(lengths) == 1024


async def test_who_is_too_slow_is_given_up() -> None:
    """
    With the error of a client that is too slow, not with a cancellation.
    """
    with pytest.raises(RequestTimeoutError, match=r"^The body came too slowly\.$"):
        await wait_watched(make_body(), 0.01)

    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_who_is_in_time_gets_the_body_and_leaves_nothing() -> None:
    """
    The watch ends when nobody waits any more.
    """
    loop, body = asyncio.get_running_loop(), make_body()
    loop.call_soon(body.set_result, b"abc")

    assert await wait_watched(body, 0.02) == b"abc"

    assert not WATCHES[loop]
    while loop in WATCHES:
        await asyncio.sleep(0.001)


async def test_one_gives_up_and_the_other_goes_on() -> None:
    """
    Each has its own patience.
    """
    slow, patient = make_body(), make_body()
    async with asyncio.TaskGroup() as group:
        late = group.create_task(_give_up(slow))
        good = group.create_task(wait_watched(patient, 60.0))
        assert await late == "408"
        patient.set_result(b"here")

    assert good.result() == b"here"


async def _give_up(body: "asyncio.Future[bytes]") -> str:
    try:
        await wait_watched(body, 0.01)
    except RequestTimeoutError:
        return "408"
    return "body"


async def test_a_cancellation_from_outside_stays_one() -> None:
    """
    Whoever cancels a request cancels it.
    """
    task = asyncio.create_task(wait_watched(make_body(), 60.0))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_beside_the_giving_up_stays_one() -> None:
    """
    Both at once are a cancellation: the other one must not be lost.
    """
    task = asyncio.create_task(wait_watched(make_body(), 60.0))
    await asyncio.sleep(0)
    watch = WATCHES[asyncio.get_running_loop()]
    watch[task] = 0.0
    watch._look()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_other_errors_pass() -> None:
    """
    They are nothing that this knows.
    """
    body = make_body()
    body.set_exception(KeyError("other"))

    with pytest.raises(KeyError):
        await wait_watched(body, 60.0)


def test_a_closed_loop_is_forgotten() -> None:
    """
    Those that ended while somebody waited do not pile up.
    """

    async def leave() -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        start_watch(loop, 60.0)
        return loop

    closed = [asyncio.run(leave()) for _ in range(3)]

    assert [loop in WATCHES for loop in closed] == [False, False, True]
    del WATCHES[closed[-1]]
