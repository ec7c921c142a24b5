"""
Where requests spend their time: a profile of what the event loop does for them, function by function.

Only the steps of requests are measured: what waits costs nothing there, and a call that blocks the loop stands out.
"""

import logging
import os
import sys
from collections.abc import Coroutine, Generator
from cProfile import Profile
from functools import partial
from io import StringIO
from pathlib import Path
from pstats import SortKey, Stats
from typing import Any, Final

from covet.core.middleware import CallNext, Middleware
from covet.exceptions import suggest
from covet.http.request import Request
from covet.http.response import Response
from covet.middleware.option_checks import OptionChecks
from covet.middleware.places import Place
from covet.options import refuse_unknown
from covet.threads import run_in_thread

logger = logging.getLogger(__name__)

_check: Final = OptionChecks("ProfileMiddleware")
_PROCESS: Final = "{pid}"


class ProfileMiddleware(Middleware):
    """
    Profile the requests that go through it, and tell at the end which functions took how long.

    When the application stops, a report goes to the logger `covet.profiling`, and the profile into a file for programs
    that draw it. It is for development: a profiled request is slower by half, or more.

    Args:
        output_file: Where the profile is written, in the form of `pstats`; `{pid}` in its name is the number of the
            process, for several workers. `None` writes none.
        sort_by: What the report is sorted by, one of the keys of `pstats`: `"cumulative"`, `"tottime"`, `"ncalls"` …
        limit: How many functions are in the report.

    Raises:
        ConfigurationError: If an option is wrong; at the start, if the folder of the file is not there.

    Example:
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> profiler = ProfileMiddleware()
        >>> app = CovetPy(middleware=[profiler])
        >>> @app.get("/")
        ... async def add_up() -> int:
        ...     return sum(range(1000))
        >>> async with TestClient(app) as client:
        ...     response = await client.get("/")
        >>> "add_up" in profiler.make_report(), "Ordered by: cumulative time" in profiler.make_report()
        (True, True)
    """

    priority: int = Place.PROFILING

    @refuse_unknown
    def __init__(
        self,
        output_file: str | os.PathLike[str] | None = None,
        *,
        sort_by: str = "cumulative",
        limit: int = 30,
    ) -> None:
        self._output_file = None if output_file is None else _check_file(output_file)
        self._sort_by = _check_key(sort_by)
        self._limit = _check.count("limit", limit, minimum=1)
        self._profile = Profile()
        self._is_warned = False

    async def startup(self, app: object) -> None:  # noqa: ARG002
        """
        Begin a new profile.

        Raises:
            ConfigurationError: If the file could not be written in the end.
        """
        if self._output_file is not None:
            await run_in_thread(_check_place, self._output_file)
        self._profile = Profile()

    async def shutdown(self) -> None:
        """Write the file, and log the report."""
        await run_in_thread(self._finish)

    async def __call__(self, request: Request, call_next: CallNext) -> Response:
        """Profile what answers the request."""

        async def answer() -> Response:
            return await call_next(request)

        return await _ProfiledSteps(answer(), self)

    def begin_step(self) -> bool:
        """Measure from now on, and tell whether that can be: there is one profiler at a time in a thread."""
        if _is_profiling():
            if not self._is_warned:
                self._is_warned = True
                logger.warning("Requests are not profiled while another profiler runs, or another ProfileMiddleware.")
            return False
        self._profile.enable()
        return True

    def end_step(self) -> None:
        """Measure no more."""
        self._profile.disable()

    def make_report(self) -> str:
        """Write a table of the functions that took longest, or were called most; empty if there was no request."""
        stats = self._make_stats(text := StringIO())
        if stats is not None:
            stats.sort_stats(self._sort_by).print_stats(self._limit)
        return text.getvalue().strip()

    def _make_stats(self, stream: StringIO) -> Stats | None:
        self._profile.create_stats()
        # Of an empty profile no statistics can be made.
        return Stats(self._profile, stream=stream) if self._profile.stats else None

    def _finish(self) -> None:
        stats = self._make_stats(StringIO())
        if stats is None:
            logger.info("No request was profiled.")
            return
        where = ""
        if self._output_file is not None:
            file = self._output_file.with_name(self._output_file.name.replace(_PROCESS, str(os.getpid())))
            stats.dump_stats(file)
            where = f", written to {file}"
        logger.info("The profile of the requests%s:\n%s", where, self.make_report())


class _ProfiledSteps:
    """
    Await a coroutine, and profile each of its steps, from one wait to the next.

    In between, others run on the loop: a profiler that was left on would take their work for the request's.
    """

    __slots__ = ("_coroutine", "_profiler")

    def __init__(self, coroutine: Coroutine[Any, Any, Response], profiler: ProfileMiddleware) -> None:
        self._coroutine = coroutine
        self._profiler = profiler

    # Any: what a coroutine waits for is between it and the event loop.
    def __await__(self) -> Generator[Any, Any, Response]:
        coroutine, profiler = self._coroutine, self._profiler
        # Any: as above.
        resume: partial[Any] = partial(coroutine.send, None)
        while True:
            is_measured = profiler.begin_step()
            try:
                waiting_for = resume()
            except StopIteration as stop:
                response: Response = stop.value
                return response
            finally:
                if is_measured:
                    profiler.end_step()
            try:
                sent = yield waiting_for
            except GeneratorExit:
                coroutine.close()
                raise
            except BaseException as exc:  # noqa: BLE001 - a cancellation is the coroutine's to see
                resume = partial(coroutine.throw, exc)
            else:
                resume = partial(coroutine.send, sent)


def _is_profiling() -> bool:
    if sys.version_info >= (3, 12):
        return sys.monitoring.get_tool(sys.monitoring.PROFILER_ID) is not None or sys.getprofile() is not None
    return sys.getprofile() is not None


def _check_file(value: object) -> Path:
    if not isinstance(value, str | os.PathLike) or not str(value):
        raise _check.fail("output_file", f"is {value!r}, expected a path.", "Write output_file='profile.prof'.")
    return Path(value).absolute()


def _check_place(file: Path) -> None:
    if file.is_dir():
        raise _check.fail("output_file", f"is {str(file)!r}, which is a folder.", "Name a file in it.")
    if not file.parent.is_dir():
        raise _check.fail("output_file", f"is {str(file)!r}, but there is no folder {str(file.parent)!r}.", "Make it.")


def _check_key(value: str) -> str:
    try:
        return SortKey(value).value
    except ValueError:
        hint = suggest(str(value), [key.value for key in SortKey])
        raise _check.fail("sort_by", f"is {value!r}, which pstats cannot sort by.", hint) from None


__all__ = ["ProfileMiddleware"]
