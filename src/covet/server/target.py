"""
What is served: an application object, or the words that say where to import one.

It must never leave the reader guessing: what is not found is named, with the closest name; an
error inside the imported module keeps its own traceback.
"""

import inspect
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from textwrap import indent
from types import FrameType, ModuleType, TracebackType
from typing import TypeVar

from covet.exceptions import ConfigurationError, suggest
from covet.import_paths import ImportPathError, find_attribute, split_import_path
from covet.server.options import Interface

T = TypeVar("T")


class TargetError(ConfigurationError):
    """The application to serve was not found, or what was found is none."""


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """
    Where an application is found: a module, an attribute in it, and whether that makes it.

    Example:
        >>> ImportTarget.parse("shop.main:create_app", factory=True)
        ImportTarget(module='shop.main', attribute='create_app', factory=True)
        >>> str(ImportTarget.parse("shop.main"))
        'shop.main:app'
        >>> ImportTarget.parse("shop/main.py:app")
        Traceback (most recent call last):
            ...
        covet.server.target.TargetError: 'shop/main.py:app' is no import string.
          Write it with dots and without .py: shop.main:app
    """

    module: str
    attribute: str = "app"
    factory: bool = False

    def __str__(self) -> str:
        return f"{self.module}:{self.attribute}"

    @classmethod
    def parse(cls, text: str, *, factory: bool = False) -> "ImportTarget":
        """
        Read `"module:attribute"`; the attribute is `app` if it is left out.

        Raises:
            TargetError: If the text is no import string.
        """
        try:
            module, attribute = split_import_path(text, default="app")
        except ImportPathError:
            module = attribute = ""
        if module.endswith(".py") or "/" in module or "\\" in module:
            dotted = module.removesuffix(".py").replace("\\", "/").strip("./").replace("/", ".")
            raise TargetError(
                f"{text!r} is no import string.", hint=f"Write it with dots and without .py: {dotted}:{attribute}"
            )
        names = (*module.split("."), *attribute.split("."))
        if not all(name.isidentifier() for name in names):
            raise TargetError(f"{text!r} is no import string.", hint="Write module:attribute, such as main:app.")
        return cls(module, attribute, factory)

    def load(self) -> object:
        """
        Import the application; the current directory is importable.

        Raises:
            TargetError: If module or attribute are not there, if the module fails while it is
                imported (its own error is the cause), or if what is found is no application.
        """
        with loading():
            module = self._import()
            found = self._find(module)
            if self.factory:
                found = self._make(found)
        if not self.factory and _looks_like_factory(found):
            raise TargetError(
                f"{self} is {_describe(found)}, not an application.",
                hint="If calling it makes one, say so: --factory on the command line, factory=True in run().",
            )
        if not is_application(found):
            raise TargetError(
                f"{self} {'made' if self.factory else 'is'} {_describe(found)}, not an application.",
                hint="An application is callable as ASGI (scope, receive, send) or has __rsgi__.",
            )
        return found

    def load_class(self, base: type[T]) -> type[T]:
        """
        Import a class; the current directory is importable.

        Raises:
            TargetError: If module or attribute are not there, if the module fails while it is imported, or if what is
                found is no subclass.
        """
        with loading():
            module = self._import()
        found = getattr(module, self.attribute, None)
        if isinstance(found, type) and issubclass(found, base):
            return found
        candidates = [
            name for name, value in vars(module).items() if isinstance(value, type) and issubclass(value, base)
        ]
        said = "is not there" if found is None else f"is {_describe(found)}"
        raise TargetError(
            f"{self} {said}; it must be {base.__name__} or a subclass.", hint=suggest(self.attribute, candidates)
        )

    def _import(self) -> ModuleType:
        here = str(Path.cwd())
        if here not in sys.path:
            sys.path.insert(0, here)
        try:
            return import_module(self.module)
        except ModuleNotFoundError as exc:
            if exc.name is not None and (self.module == exc.name or self.module.startswith(f"{exc.name}.")):
                raise TargetError(
                    f"There is no module {exc.name!r} (looking for {str(self)!r} from {Path.cwd().name or '/'}/).",
                    hint=suggest(exc.name.rpartition(".")[2], _modules_in(exc.name)),
                ) from None
            raise self._failed(exc) from exc
        except Exception as exc:
            raise self._failed(exc) from exc

    def _find(self, module: ModuleType) -> object:
        try:
            return find_attribute(module, self.attribute)
        except AttributeError:
            candidates = [
                key
                for key, value in vars(module).items()
                if _may_be_meant(key, value, factory=self.factory, module=self.module)
            ]
            raise TargetError(
                f"Module {self.module!r} has no {self.attribute!r}.", hint=suggest(self.attribute, candidates)
            ) from None

    def _make(self, factory: object) -> object:
        if not callable(factory):
            raise TargetError(f"{self} is {_describe(factory)}, which cannot be called as a factory.")
        try:
            made: object = factory()
        except Exception as exc:
            raise self._failed(exc, f"Calling {str(self)!r}") from exc
        return made

    def _failed(self, exc: Exception, doing: str | None = None) -> TargetError:
        return TargetError(f"{doing or f'Importing {self.module!r}'} failed with {type(exc).__name__}.")


# ── While a target is imported, `run()` does nothing ──────────────────────────

_loading_depth = 0


@contextmanager
def loading() -> Iterator[None]:
    """Mark that a target is being imported: a script that ends with `app.run()` must not start a second server."""
    global _loading_depth
    _loading_depth += 1
    try:
        yield
    finally:
        _loading_depth -= 1


def is_loading() -> bool:
    """Tell whether a target is being imported at the moment."""
    return _loading_depth > 0


# ── From an object to its import string ───────────────────────────────────────


def find_target(app: object, frame: FrameType | None) -> ImportTarget | None:
    """
    Find the name by which a fresh process can import an application.

    The calling modules are searched from the inside out, for a module-level variable that is
    this very object. Local variables do not count: no other process can reach them.
    """
    seen: set[str] = set()
    while frame is not None:
        name = frame.f_globals.get("__name__")
        if isinstance(name, str) and name not in seen and name in sys.modules:
            seen.add(name)
            names = [key for key, value in frame.f_globals.items() if value is app and key.isidentifier()]
            if names:
                return ImportTarget(name, min(names, key=lambda key: (key != "app", key.startswith("_"))))
        frame = frame.f_back
    return None


def is_application(candidate: object) -> bool:
    """
    Tell whether something can be served.

    Example:
        >>> is_application(42), is_application(lambda scope, receive, send: None)
        (False, True)
    """
    if isinstance(candidate, type):
        return False
    return callable(candidate) or hasattr(candidate, "__rsgi__")


def choose_interface(app: object, asked: Interface | None, *, rsgi_possible: bool) -> Interface:
    """
    Decide between RSGI and ASGI for an application.

    Raises:
        TargetError: If the application does not speak the interface that was asked for.
    """
    speaks_rsgi = hasattr(app, "__rsgi__")
    if asked == "rsgi" and not speaks_rsgi:
        raise TargetError(
            f"The application is {_describe(app)} without __rsgi__: it does not speak RSGI.",
            hint='Use interface="asgi".',
        )
    if asked == "asgi" and not callable(app):
        raise TargetError(
            f"The application is {_describe(app)} that cannot be called: it does not speak ASGI.",
            hint='Use interface="rsgi".',
        )
    if asked is not None:
        return asked
    needs_asgi = getattr(getattr(app, "router", None), "needs_asgi", False) is True
    return "rsgi" if rsgi_possible and speaks_rsgi and not needs_asgi else "asgi"


def explain(error: BaseException) -> str:
    """
    Write an error for a terminal: the user's own traceback where there is one, then one sentence.

    What CovetPy raised on purpose speaks for itself; the first frames, of the import machinery, the
    event loop and CovetPy, which only led to the user's module, are left out.
    """
    cause = error.__cause__
    if isinstance(error, TargetError):
        if cause is None:
            return str(error)
        return f"{explain(cause)}\n{error}"
    # A configuration error is written to be read without a traceback, and so are several at once.
    if isinstance(error, ConfigurationError):
        return "\n".join([str(error), *getattr(error, "__notes__", ())])
    if isinstance(error, ExceptionGroup) and error.split(ConfigurationError)[1] is None:
        return "\n".join([error.message, *(indent(explain(item), "  ") for item in error.exceptions)])
    return "".join(_own_traceback(error)).rstrip("\n")


def _own_traceback(error: BaseException) -> list[str]:
    trace: TracebackType | None = error.__traceback__
    while trace is not None and _is_machinery(trace.tb_frame):
        trace = trace.tb_next
    if trace is None and isinstance(error, SyntaxError):
        # It names file and line by itself; nothing of the module has run.
        return traceback.format_exception_only(error)
    # An error of the machinery itself is shown whole.
    return traceback.format_exception(type(error), error, trace or error.__traceback__)


def _is_machinery(frame: FrameType) -> bool:
    name = frame.f_globals.get("__name__", "")
    return (
        name in {"importlib", "asyncio", "runpy"}
        or name.startswith(("importlib.", "covet.", "asyncio.", "granian.", "uvloop"))
        or frame.f_code.co_filename.startswith(("<frozen ", "uvloop/"))
    )


def _modules_in(missing: str) -> list[str]:
    parent = missing.rpartition(".")[0]
    places = [Path.cwd()]
    if parent:
        places = [Path(path) for path in getattr(sys.modules.get(parent), "__path__", [])]
    return [
        entry.stem
        for place in places
        if place.is_dir()
        for entry in sorted(place.iterdir())
        if (entry.suffix == ".py" and entry.stem.isidentifier() and entry.stem != "__init__")
        or (entry / "__init__.py").is_file()
    ]


def _may_be_meant(name: str, value: object, *, factory: bool, module: str) -> bool:
    if inspect.isfunction(value):
        # What is imported from elsewhere is hardly meant; a function of this module may be either kind.
        return value.__module__ == module and (factory or not _looks_like_factory(value))
    if factory or name.startswith("__") or type(value).__module__ in {"typing", "types", "builtins"}:
        return False
    return is_application(value)


def _looks_like_factory(candidate: object) -> bool:
    if isinstance(candidate, type):
        return True
    if not inspect.isfunction(candidate) or inspect.iscoroutinefunction(candidate):
        return False
    try:
        parameters = inspect.signature(candidate).parameters.values()
    except ValueError:
        return False
    return all(parameter.default is not parameter.empty for parameter in parameters) or not parameters


def _describe(value: object) -> str:
    kind = type(value).__name__
    article = "an" if kind[0].lower() in "aeiou" else "a"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return f"{article} {kind}"
