"""
What slows down whoever guesses.
"""

import asyncio

import pytest

from covet.auth import Lockout
from covet.exceptions import ConfigurationError


class Clock:
    """A clock that goes on when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_an_account_is_locked_for_longer_each_time() -> None:
    """From the last failure that is allowed on, twice as long, up to a limit; other accounts are not."""
    clock = Clock()
    lockout = Lockout(max_failures=3, delay=10, max_delay=35, clock=clock)
    waits = []
    for _ in range(6):
        lockout.begin("ada", "")
        waits.append(lockout.find_wait("ADA", ""))

    assert waits == [0, 0, 10, 20, 35, 35]
    assert lockout.find_wait("grace", "") == 0
    clock.now += 35
    assert lockout.find_wait("ada", "") == 0


@pytest.mark.parametrize("typed", [" ada ", "A.D.A", "ádà", "ａｄａ", "a\u200bda", "ada@"])
def test_another_spelling_is_the_same_account(typed: str) -> None:
    """Whatever a store of users forgives, and whether it has such a user or not."""
    lockout = Lockout(max_failures=1, clock=Clock())
    lockout.begin("ada", "")

    assert lockout.find_wait(typed, "") > 0
    assert lockout.find_wait("ida", "") == 0


def test_names_without_letters_are_told_apart() -> None:
    """They are names as well; one that is very long is not taken apart."""
    lockout = Lockout(max_failures=1, clock=Clock())
    lockout.begin("!!!", "")
    lockout.begin("\u0315\u0300" * 100_000, "")

    assert (lockout.find_wait("!!!", "") > 0, lockout.find_wait("???", "")) == (True, 0)


def test_a_user_is_counted_beside_what_was_typed() -> None:
    """Until one of the attempts is good."""
    clock = Clock()
    lockout = Lockout(max_failures=2, delay=30, clock=clock)

    assert lockout.begin_user(7, "ada") == (True, None)
    may_come, lock = lockout.begin_user(7, "countess")
    assert may_come
    assert lock is not None
    assert (lock.account, lock.failures, lock.seconds) == ("countess", 2, 30)
    assert lockout.begin_user(7, "ada") == (False, None)
    assert lockout.begin_user(8, "grace") == (True, None)
    clock.now += 30
    assert lockout.begin_user(7, "ada")[0]
    lockout.succeed("ada", "", 7)
    assert lockout.begin_user(7, "ada") == (True, None)


async def test_who_is_locked_by_attempts_under_way_waits_for_them() -> None:
    """As long as they may be good; those that failed lock."""
    lockout = Lockout(max_failures=1, clock=Clock())
    with lockout.run("ada", ""):
        lockout.begin("ada", "")
        waiting = asyncio.create_task(lockout.wait("ada", ""))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        assert await lockout.wait("grace", "") == 0
        lockout.succeed("ada", "")
    assert await waiting == 0

    with lockout.run("ada", ""):
        lockout.begin("ada", "")
        waiting = asyncio.create_task(lockout.wait("ada", ""))
        await asyncio.sleep(0.01)
    assert await waiting == 30
    assert await lockout.wait("ada", "") == 30
    assert lockout._running == {}


def test_a_success_forgets_the_account_and_not_the_address() -> None:
    """Whoever has one account must not use it to try all others."""
    lockout = Lockout(max_failures=2, max_address_failures=3, clock=Clock())
    lockout.begin("ada", "192.0.2.1")
    lockout.begin("grace", "192.0.2.1")
    lockout.begin("eve", "192.0.2.1")
    lockout.succeed("eve", "192.0.2.1")

    assert lockout.find_wait("eve", "192.0.2.1") == 0
    [lock] = lockout.begin("joan", "192.0.2.1")
    assert (lock.account, lock.address, lock.failures) == (None, "192.0.2.1", 3)


def test_an_ipv6_network_is_one_address() -> None:
    """A customer has 2 ** 64 of them, and an IPv4 address in IPv6 is that address."""
    lockout = Lockout(max_address_failures=1, clock=Clock())
    lockout.begin("a", "2001:db8::1")
    lockout.begin("b", "::ffff:192.0.2.1")

    assert lockout.find_wait("c", "2001:db8::ffff:2") > 0
    assert lockout.find_wait("c", "2001:db8:0:1::2") == 0
    assert lockout.find_wait("c", "192.0.2.1") > 0


def test_failures_are_forgotten() -> None:
    """After some time without any."""
    clock = Clock()
    lockout = Lockout(max_failures=2, forget_after=60, clock=clock)
    lockout.begin("ada", "")
    clock.now += 61

    assert lockout.begin("ada", "") == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_failures": 0}, "max_failures is 0, expected a number of at least 1"),
        ({"delay": -1}, "delay is -1, expected seconds above 0"),
        ({"max_failure": 3}, "no option 'max_failure'"),
    ],
)
def test_options_are_checked(options: dict[str, int], message: str) -> None:
    """Before anything is counted."""
    with pytest.raises(ConfigurationError, match=message):
        Lockout(**options)  # type: ignore[arg-type]
