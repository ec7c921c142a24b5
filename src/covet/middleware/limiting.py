"""
What the middleware that limits clients has in common: who is meant, who is not, and a store that may fail.
"""

import logging
import re
from collections.abc import Callable
from inspect import iscoroutinefunction
from itertools import count
from time import monotonic
from typing import Any, Final, Literal

from covet.core.middleware import Middleware
from covet.exceptions import HTTPError, ServiceUnavailableError, TooManyRequestsError
from covet.http.request import Request
from covet.middleware.client_keys import Identifier, by_address, shorten
from covet.middleware.option_checks import OptionChecks
from covet.middleware.places import Place
from covet.rate_limiting import MemoryRateLimitStore, RateLimitStore, make_store

logger = logging.getLogger("covet.rate_limiting")

OnStoreError = Literal["allow", "refuse"]
Exempt = Callable[[Request], bool]

# What stands in a header and in the names of keys.
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_SECONDS_BETWEEN_ENTRIES: Final = 60.0
_RETRY_AFTER_FAILURE: Final = "5"
# Each middleware has a place of its own in a request's state.
_numbers: Final = count(1)


class LimitingMiddleware(Middleware):
    """
    The base of middleware that limits clients.

    Args:
        check: What checks its options.
        identifier: Names the client that a request is counted for.
        name: What the limit is called.
        exempt: Tells which requests are not limited.
        store: What keeps the counters.
        on_store_error: What becomes of requests when the store fails.

    Attributes:
        name: What the limit is called.
        store: What keeps the counters.
        store_url: The URL that the store was made from, if it was.

    Raises:
        ConfigurationError: If an option is wrong.
    """

    priority: int = Place.RATE_LIMIT
    raises: tuple[type[Exception], ...] = (TooManyRequestsError,)

    def __init__(
        self,
        check: OptionChecks,
        identifier: Identifier | None,
        *,
        name: str,
        exempt: Exempt | None,
        store: RateLimitStore | str | None,
        on_store_error: OnStoreError,
    ) -> None:
        self._check = check
        self._identify = by_address if identifier is None else check_function(check, "identifier", identifier)
        if not isinstance(name, str) or _NAME.fullmatch(name) is None:
            hint = "Up to 40 letters, digits, and the characters _.-: name='login'."
            raise check.fail("name", f"is {name!r}, which is no name of a limit.", hint)
        self.name = name
        self._exempt = None if exempt is None else check_plain_function(check, "exempt", exempt)
        if on_store_error not in {"allow", "refuse"}:
            raise check.fail("on_store_error", f"is {on_store_error!r}, expected 'allow' or 'refuse'.", "Choose one.")
        self._allows_on_error = on_store_error == "allow"
        if not self._allows_on_error:
            self.raises = (*self.raises, ServiceUnavailableError)
        self.store_url = store if isinstance(store, str) else ""
        if store is None:
            store = MemoryRateLimitStore()
        elif isinstance(store, str):
            store = make_store(store)
        elif not isinstance(store, RateLimitStore):
            hint = "Write store='redis://localhost:6379/0', or give an instance of a store."
            raise check.fail("store", f"is a {type(store).__name__}, which is no store of rate limits.", hint)
        self.store: RateLimitStore = store
        self._place = f"_limit_{next(_numbers)}"
        self._failures = 0
        self._last_entry = -_SECONDS_BETWEEN_ENTRIES

    # Any: the application, whose class stands on a higher floor.
    async def startup(self, app: Any) -> None:
        """
        Open the store, and say what is not as it looks.

        A store that cannot be used is refused, whatever is done about one that fails later: nobody would see that
        nothing is counted.

        Raises:
            ConfigurationError: If the store cannot be used.
            ConfigurationError: If another middleware of the application would count by the same name in the same store.
        """
        for other in app.list_middleware():
            if other is not self and type(other) is type(self) and self._counts_with(other):
                hint = "Give each limit its own name=, or the same instance to all routes that shall share it."
                raise self._check.fail("name", f"{self.name!r} is used twice in one store.", hint)
        if not self.store.is_shared and app.worker_count > 1:
            logger.warning(
                "%s %r counts in the memory of each of %d workers: a client may have up to %d times what it says. "
                "Workers count together with store='sqlite:///path' or store='redis://host'.",
                type(self).__name__,
                self.name,
                app.worker_count,
                app.worker_count,
            )
        try:
            await self.store.open()
        except Exception as exc:
            await self.store.aclose()
            hint = (
                "See that its folder or its server is there: store= of the limit, or security.rate_limit_store of the "
                "settings."
            )
            raise self._check.fail("store", f"cannot be used by the limit {self.name!r}: {exc}", hint) from exc

    async def shutdown(self) -> None:
        """Close the store."""
        await self.store.aclose()

    def _counts_with(self, other: "LimitingMiddleware") -> bool:
        is_one_store = self.store is other.store or (
            self.store.is_shared and bool(self.store_url) and self.store_url == other.store_url
        )
        return is_one_store and self.name == other.name

    async def _find_key(self, request: Request) -> str:
        """Name the client of a request, in the way that was chosen."""
        found = self._identify(request)
        if found is not None and not isinstance(found, str):
            found = await found
        if found is None:
            found = by_address(request)
        elif not isinstance(found, str):
            raise TypeError(f"The identifier of {type(self).__name__} gave a {type(found).__name__}, expected a text.")
        return f"{self.name}:{shorten(found)}"

    def _note_failure(self, error: Exception) -> None:
        """Log that the store fails, once a minute: each request would say the same."""
        self._failures += 1
        now = monotonic()
        if now - self._last_entry < _SECONDS_BETWEEN_ENTRIES:
            return
        self._last_entry = now
        failures, self._failures = self._failures, 0
        logger.error(
            "%s %r cannot count (%d times by now): %s Requests are %s meanwhile.",
            type(self).__name__,
            self.name,
            failures,
            error,
            "let through without a limit" if self._allows_on_error else "refused with 503",
        )

    def _answer_failure(self, error: Exception) -> HTTPError | None:
        """Decide what becomes of a request that could not be counted."""
        self._note_failure(error)
        if self._allows_on_error:
            return None
        refusal = ServiceUnavailableError(
            "This cannot be answered at the moment.", headers={"retry-after": _RETRY_AFTER_FAILURE}
        )
        # Each request would have a line else, while the store is down.
        refusal.is_logged = False
        return refusal


# Any: a function of the user's.
def check_function(check: OptionChecks, option: str, value: Any) -> Any:
    """
    Take what must be a function of a request.

    Raises:
        ConfigurationError: If it cannot be called.
    """
    if not callable(value):
        raise check.fail(option, f"is {value!r}, expected a function of the request.", "See the documentation.")
    return value


# Any: as above.
def check_plain_function(check: OptionChecks, option: str, value: Any) -> Any:
    """
    Take what must be a function of a request that awaits nothing.

    Raises:
        ConfigurationError: If it cannot be called, or is a coroutine function.
    """
    check_function(check, option, value)
    if iscoroutinefunction(value) or iscoroutinefunction(getattr(value, "__call__", None)):  # noqa: B004
        raise check.fail(option, "is a coroutine function, expected a plain one.", "Write def instead of async def.")
    return value


__all__ = ["Exempt", "LimitingMiddleware", "OnStoreError"]
