"""
What slows down whoever guesses: after some failures the next attempts are refused unread, each time for longer.

It is in memory, for each process. What it counts it counts before the password is looked at, so that a thousand
attempts at once are a thousand attempts. Whoever is only locked by attempts that are under way, and may be good, waits.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from time import monotonic
from typing import Final, NamedTuple
from unicodedata import normalize

from covet.auth.errors import AuthenticationSetupError
from covet.http.addresses import parse_address
from covet.options import refuse_unknown

_MAX_ENTRIES: Final = 100_000
_MAX_DOUBLINGS: Final = 32
# APPSEC: bringing marks into their order takes quadratic time; longer names are told apart letter by letter.
_MAX_SIMPLIFIED: Final = 256


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


@dataclass(slots=True)
class _Running:
    attempts: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Lockout:
    """
    Count failures by account and by address, and say how long to wait.

    Accounts are told apart by the letters and digits of what was typed, whether there is such a user or not. Since a
    store of users may forgive more than that, the user who is found is counted as well.

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
        self._limits = {"account": max_failures, "user": max_failures, "address": max_address_failures}
        self._delay, self._max_delay, self._forget_after = float(delay), float(max_delay), forget_after
        self._clock = clock
        self._counts: OrderedDict[tuple[str, str], _Count] = OrderedDict()
        self._running: dict[tuple[str, str], _Running] = {}

    async def wait(self, account: str, address: str) -> float:
        """
        Wait for attempts under way, as long as those alone lock: each counts as a failure until it turns out good.

        Args:
            account: What was typed.
            address: Where it came from; empty if that is not known.

        Returns:
            How many seconds an attempt has to wait even so; 0.0 if it may come.
        """
        keys = _list_keys(account, address)
        while True:
            now = self._clock()
            locked = [key for key in keys if (count := self._counts.get(key)) and count.locked_until > now]
            running = [self._running.get(key) for key in locked]
            first = running[0] if running else None
            if first is None or None in running:
                return self.find_wait(account, address)
            await first.ended.wait()

    @contextmanager
    def run(self, account: str, address: str) -> Iterator[None]:
        """
        Say that an attempt is under way, for those who `wait()`; it is counted by the other methods.

        Args:
            account: What was typed.
            address: Where it came from; empty if that is not known.
        """
        keys = _list_keys(account, address)
        for key in keys:
            self._running.setdefault(key, _Running()).attempts += 1
        try:
            yield
        finally:
            for key in keys:
                running = self._running[key]
                running.attempts -= 1
                running.ended.set()
                running.ended = asyncio.Event()
                if not running.attempts:
                    del self._running[key]

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
        locked = []
        for what in _list_keys(account, address):
            counted = self._count(what)
            if counted is not None:
                who: tuple[str | None, str] = (account, "") if what[0] == "account" else (None, address)
                locked.append(Lock(*who, *counted))
        return locked

    def begin_user(self, user_id: int | str, account: str) -> tuple[bool, Lock | None]:
        """
        Count an attempt for the user who was found, however the name was spelt.

        APPSEC: Whoever hears that a user is locked hears that there is one (docs/security.md, row 90): an attempt
        that may not come is to be answered like a wrong password, with the same work.

        Args:
            user_id: Who was found.
            account: What was typed.

        Returns:
            Whether it may come, and what is locked from now on.
        """
        key = _name_user(user_id)
        known = self._counts.get(key)
        if known is not None and known.locked_until > self._clock():
            return False, None
        counted = self._count(key)
        return True, None if counted is None else Lock(account, "", *counted)

    def succeed(self, account: str, address: str, user_id: int | str | None = None) -> None:
        """
        Take an attempt back that was good: the account's failures are forgotten, the address's but for this one stay.

        Args:
            account: What was typed.
            address: Where it came from; empty if that is not known.
            user_id: Who was found, if that was counted.
        """
        if user_id is not None:
            self._counts.pop(_name_user(user_id), None)
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

    def _count(self, key: tuple[str, str]) -> tuple[int, float] | None:
        """Count a failure; if that locks, tell how many there were and for how long."""
        now = self._clock()
        count = self._counts.pop(key, None)
        if count is None or now - count.last > self._forget_after:
            count = _Count()
        count.failures += 1
        count.last = now
        self._counts[key] = count
        if len(self._counts) > _MAX_ENTRIES:
            self._counts.popitem(last=False)
        over = count.failures - self._limits[key[0]]
        if over < 0:
            return None
        seconds = min(self._max_delay, self._delay * 2 ** min(over, _MAX_DOUBLINGS))
        count.locked_until = now + seconds
        return count.failures, seconds


def _list_keys(account: str, address: str) -> list[tuple[str, str]]:
    # What was typed may be of any length, or a password by mistake: its hash is kept.
    keys = [("account", _hash(_simplify(account)))]
    found = parse_address(address) if address else None
    if found is not None:
        # One customer has a whole network of IPv6.
        network = str(int(found) >> 64) if isinstance(found, IPv6Address) else str(found)
        keys.append(("address", network))
    return keys


def _name_user(user_id: int | str) -> tuple[str, str]:
    return ("user", _hash(str(user_id)))


def _simplify(account: str) -> str:
    """Leave of a name what stores of users tell apart at least: letters and digits, without case and accents."""
    text = account.casefold()
    if len(text) > _MAX_SIMPLIFIED:
        return text
    return "".join(character for character in normalize("NFKD", text) if character.isalnum()) or text


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
