"""
How an application wants to be served, unless `run()` is told otherwise.

It must never import an application's class, and never import into this process what only workers should: an
import string is read in a process of its own, which ends at once.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn, cast

from covet.server.options import RunOptions, make_options
from covet.server.target import ImportTarget, TargetError, explain

_PROGRAM: Final = (
    "import json, sys; asked = json.load(sys.stdin); sys.path[:] = asked['path']; "
    "from covet.server.defaults import answer; answer(asked['target'])"
)


class UnknownDefaultsError(TargetError):
    """
    The application to serve could not be made, so it could not be asked.

    Attributes:
        text: What is to be said about it, as the worker would.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def read_defaults(app: object) -> RunOptions:
    """
    Read what an application says of how it is served: the mapping `server_defaults`, if it has one.

    Raises:
        ConfigurationError: If an option is unknown or has a value that cannot be.

    Example:
        >>> from covet import CovetPy
        >>> from covet.config import Settings, Sources
        >>> app = CovetPy(settings=Settings(server={"port": 9000}, sources=Sources.none()))
        >>> read_defaults(app)["port"], read_defaults(lambda scope, receive, send: None)
        (9000, {})
    """
    defaults = getattr(app, "server_defaults", None)
    if not isinstance(defaults, Mapping):
        return {}
    return _check(defaults)


def ask_target(target: ImportTarget) -> RunOptions:
    """
    Read what an application says that is to be imported, without importing it here.

    What this process has imported already, such as the script that it runs, is asked directly.

    Raises:
        UnknownDefaultsError: If the application cannot be imported or made.
        ConfigurationError: If an option is unknown or has a value that cannot be.
        SystemExit: If the process is told to stop meanwhile.
    """
    if target.module in sys.modules:
        return read_defaults(target.load())
    if not sys.executable:
        # Python is embedded: there is no other process to ask, and workers are forked from this one.
        return {}
    # The import may print and warn: the worker's will do so once more, and that one is to be read.
    asked = json.dumps({"path": sys.path, "target": asdict(target)}).encode()
    with (
        _stopping_on_sigterm(),
        subprocess.Popen(  # noqa: S603 - this very interpreter, and nothing of a client's
            [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as asking,
    ):
        try:
            text, _ = asking.communicate(asked)
        except KeyboardInterrupt:
            raise SystemExit(0) from None
        finally:
            asking.kill()
    try:
        said: dict[str, Any] = json.loads(text)
    except ValueError:
        # It was killed, or ended itself, while it was imported; so will the worker, and that is to be seen.
        return {}
    if "problem" in said:
        raise UnknownDefaultsError(said["problem"])
    return _check(said["defaults"])


def answer(target: Mapping[str, Any]) -> NoReturn:
    """Write what an application says to standard output, and end this process without a trace."""
    channel = os.dup(1)
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), 1)
    try:
        said: dict[str, Any] = {"defaults": read_defaults(ImportTarget(**target).load())}
    except Exception as exc:  # noqa: BLE001 - it is said by the process that asks
        said = {"problem": explain(exc)}
    with os.fdopen(channel, "w", encoding="utf-8") as stream:
        json.dump(said, stream, default=str)
    # Threads that the application has started must not keep this process alive.
    os._exit(0)


def _check(defaults: Mapping[str, Any]) -> RunOptions:
    chosen = cast("RunOptions", dict(defaults))
    make_options(chosen)
    return chosen


@contextmanager
def _stopping_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end this process in order, so that nobody is left behind who imports."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(0)

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        # `None`: somebody has installed it without Python's knowledge.
        signal.signal(signal.SIGTERM, signal.SIG_DFL if previous is None else previous)
