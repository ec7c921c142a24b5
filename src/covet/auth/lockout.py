"""
What slows down whoever guesses: after some failures the next attempts are refused unread, each time for longer.

It is in memory, for each process. What it counts it counts before the password is looked at, so that a thousand
attempts at once are a thousand attempts.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address
from time import monotonic
from typing import Final, NamedTuple

from covet.auth.errors import AuthenticationSetupError
from covet.http.addresses import parse_address
from covet.options import refuse_unknown

_MAX_ENTRIES: Final = 100_000
_MAX_DOUBLINGS: Final = 32


class Lock(NamedTuple):
    """
    What was locked by an attempt.

    Attributes:
        account: The account; `None` if it is the address.
        address: The address; empty if it is the account.
        failures: How many have failed.
        seconds: For how long.
    """

    account: str | None
    address: str
    failures: int
    seconds: float


@dataclass(slots=True)
class _Count:
    failures: int = 0
    locked_until: float = 0.0
    last: float = 0.0


class Lockout:
    """
    Count failures by account and by address, and say how long to wait.

    Args:
        max_failures: How many failures an account has before it is locked.
        max_address_failures: How many an address has, whatever accounts it tries; of IPv6, a network of 64 bits.
        delay: How many seconds the first lock takes; each further failure doubles it.
        max_delay: How many seconds a lock takes at most.
        forget_after: After how many seconds without a failure all is forgotten.
        clock: What tells the seconds.

    Raises:
        ConfigurationError: If a number is out of range.

    Example:
        >>> lockout = Lockout(max_failures=2, delay=30)
        >>> [lockout.begin("ada", "192.0.2.1") for _ in range(2)][-1][0].seconds, lockout.find_wait("ada", "") > 29
        (30.0, True)
    """

    @refuse_unknown
    def __init__(
        self,
        *,
        max_failures: int = 5,
        max_address_failures: int = 50,
        delay: float = 30.0,
        max_delay: float = 900.0,
        forget_after: float = 3600.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        for name, value in (("max_failures", max_failures), ("max_address_failures", max_address_failures)):
            if type(value) is not int or value < 1:
                raise AuthenticationSetupError(f"Lockout: {name} is {value!r}, expected a number of at least 1.")
        for name, seconds in (("delay", delay), ("max_delay", max_delay), ("forget_after", forget_after)):
            if isinstance(seconds, bool) or not 0 < seconds < float("inf"):
                raise AuthenticationSetupError(f"Lockout: {name} is {seconds!r}, expected seconds above 0.")
        self._limits = {"account": max_failures, "address": max_address_failures}
        self._delay, self._max_delay, self._forget_after = float(delay), float(max_delay), forget_after
        self._clock = clock
        self._counts: OrderedDict[tuple[str, str], _Count] = OrderedDict()

    def find_wait(self, account: str, address: str) -> float:
        """
        Tell how many seconds an attempt has to wait; 0.0 if it may come.

        Args:
            account: What was typed.
            address: Where it came from; empty if that is not known.
        """
        now = self._clock()
        ends = [count.locked_until - now for key in _list_keys(account, address) if (count := self._counts.get(key))]
        return max([0.0, *ends])

    def begin(self, account: str, address: str) -> list[Lock]:
        """
        Count an attempt, as if it had failed already.

        Args:
            account: What was typed.
            address: Where it came from; empty if that is not known.

        Returns:
            What is locked from now on.
        """
        now, locked = self._clock(), []
        for key in _list_keys(account, address):
            kind = key[0]
            count = self._counts.pop(key, None)
            if count is None or now - count.last > self._forget_after:
                count = _Count()
            count.failures += 1
            count.last = now
            over = count.failures - self._limits[kind]
            if over >= 0:
                seconds = min(self._max_delay, self._delay * 2 ** min(over, _MAX_DOUBLINGS))
                count.locked_until = now + seconds
                who: tuple[str | None, str] = (account, "") if kind == "account" else (None, address)
                locked.append(Lock(who[0], who[1], count.failures, seconds))
            self._counts[key] = count
            if len(self._counts) > _MAX_ENTRIES:
                self._counts.popitem(last=False)
        return locked

    def succeed(self, account: str, address: str) -> None:
        """
        Take an attempt back that was good: the account's failures are forgotten, the address's but for this one stay.

        Args:
            account: What was typed.
            address: Where it came from; empty if that is not known.
        """
        for key in _list_keys(account, address):
            kind, count = key[0], self._counts.get(key)
            if count is None:
                continue
            if kind == "account":
                del self._counts[key]
                continue
            # Whoever has one account must not use it to try all others.
            count.failures -= 1
            if count.failures < self._limits["address"]:
                count.locked_until = 0.0


def _list_keys(account: str, address: str) -> list[tuple[str, str]]:
    # What was typed may be of any length, or a password by mistake: its hash is kept.
    digest = hashlib.sha256(account.casefold().encode("utf-8", "surrogatepass")).hexdigest()
    keys = [("account", digest)]
    found = parse_address(address) if address else None
    if found is not None:
        # One customer has a whole network of IPv6.
        network = str(int(found) >> 64) if isinstance(found, IPv6Address) else str(found)
        keys.append(("address", network))
    return keys
