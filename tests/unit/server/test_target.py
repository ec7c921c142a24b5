"""
Import strings, and what is said when nothing to serve is found.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from covet import CovetPy
from covet.exceptions import ConfigurationError
from covet.server.target import (
    ImportTarget,
    TargetError,
    choose_interface,
    explain,
    find_target,
    is_application,
    is_loading,
)


class Application:
    """Speaks both interfaces, as far as it is asked."""

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        """Speak ASGI."""

    async def __rsgi__(self, scope: object, protocol: object) -> None:
        """Speak RSGI."""


APPLICATION = Application()


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory of its own, whose modules are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        del sys.modules[name]


def load(directory: Path, text: str, target: str = "sample_target:app", *, factory: bool = False) -> object:
    """Write a module and load from it."""
    (directory / "sample_target.py").write_text(text)
    return ImportTarget.parse(target, factory=factory).load()


# ── Import strings ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "module", "attribute"),
    [("main:app", "main", "app"), ("main", "main", "app"), ("shop.main:site.app", "shop.main", "site.app")],
)
def test_an_import_string_is_read(text: str, module: str, attribute: str) -> None:
    """A module and an attribute, `app` by default, both with dots if need be."""
    assert ImportTarget.parse(text) == ImportTarget(module, attribute)


@pytest.mark.parametrize("text", ["", ":app", "main:app()", "a b:app", "main:1", "main::app", "..main:app"])
def test_other_text_is_refused(text: str) -> None:
    """What cannot be an import string is refused before anything is imported."""
    with pytest.raises(TargetError, match=r"is no import string"):
        ImportTarget.parse(text)


@pytest.mark.parametrize("text", ["shop/main.py:app", "./shop/main.py", "shop\\main.py"])
def test_a_path_is_translated(text: str) -> None:
    """A file's path is refused, with the import string that was meant."""
    with pytest.raises(TargetError, match=r"Write it with dots and without \.py: shop\.main:app"):
        ImportTarget.parse(text)


# ── Loading ──────────────────────────────────────────────────────────────────


def test_the_current_directory_is_importable(directory: Path) -> None:
    """A module beside the caller is found, whatever the path was."""
    app = load(directory, "async def app(scope, receive, send): ...")

    assert is_application(app)


def test_a_factory_is_called(directory: Path) -> None:
    """With `factory`, what is found makes the application."""
    text = "def make():\n    async def app(scope, receive, send): ...\n    return app"

    app = load(directory, text, "sample_target:make", factory=True)

    assert getattr(app, "__name__", "") == "app"


def test_run_is_ignored_while_loading(directory: Path) -> None:
    """A module knows that it is being imported to be served, and only then."""
    text = "from covet.server.target import is_loading\nseen = is_loading()\ndef app(scope, receive, send): ..."

    load(directory, text)

    assert sys.modules["sample_target"].seen is True
    assert is_loading() is False


@pytest.mark.parametrize(
    ("text", "target", "factory", "message"),
    [
        ("", "sample_targets:app", False, "There is no module 'sample_targets'"),
        ("", "sample_targets:app", False, "Did you mean 'sample_target'?"),
        ("", "sample_target.inner:app", False, "There is no module 'sample_target.inner'"),
        ("application = lambda s, r, t: None", "sample_target:app", False, "Available: application."),
        ("def create_app(): ...", "sample_target:make_app", True, "Did you mean 'create_app'?"),
        ("from typing import Any as App", "sample_target:app", False, "Available: none."),
        ("app = 42", "sample_target:app", False, "sample_target:app is an int, not an application."),
        ("class app: ...", "sample_target:app", False, "sample_target:app is the class app, not an application."),
        ("def app(): ...", "sample_target:app", False, "factory=True in run()"),
        ("app = 42", "sample_target:app", True, "sample_target:app is an int, which cannot be called as a factory."),
        ("def app(): return 7", "sample_target:app", True, "sample_target:app made an int, not an application."),
        ("def app(): 1 / 0", "sample_target:app", True, "Calling 'sample_target:app' failed with ZeroDivisionError."),
        ("import nowhere_at_all", "sample_target:app", False, "Importing 'sample_target' failed with ModuleNotFound"),
        ("app = (", "sample_target:app", False, "Importing 'sample_target' failed with SyntaxError."),
    ],
)
def test_what_is_not_found_is_explained(directory: Path, text: str, target: str, factory: bool, message: str) -> None:
    """The error says what was looked for, what was found, and what to do."""
    with pytest.raises(TargetError) as caught:
        load(directory, text, target, factory=factory)

    assert message in str(caught.value)


def test_an_error_in_the_module_keeps_its_own_traceback(directory: Path) -> None:
    """What is shown is the module's own trace, without the frames that led there."""
    with pytest.raises(TargetError) as caught:
        load(directory, "def fail():\n    raise ValueError('out of tea')\nfail()")

    text = explain(caught.value)
    assert 'sample_target.py", line 2, in fail' in text
    assert "ValueError: out of tea" in text
    assert text.endswith("Importing 'sample_target' failed with ValueError.")
    assert "importlib" not in text
    assert "server/target.py" not in text


def test_a_syntax_error_shows_the_line_and_nothing_else(directory: Path) -> None:
    """A module that cannot be parsed has no trace of its own: its line is shown."""
    with pytest.raises(TargetError) as caught:
        load(directory, "app = (")

    text = explain(caught.value)
    assert 'sample_target.py", line 1' in text
    assert "app = (" in text
    assert "Traceback" not in text


def test_an_error_of_the_machinery_is_shown_whole() -> None:
    """Where no frame is the user's, the trace is all there is to go by."""
    with pytest.raises(AttributeError) as caught:
        import_module(42)  # type: ignore[arg-type]

    error = caught.value
    assert error.__traceback__ is not None
    error.__traceback__ = error.__traceback__.tb_next
    assert "in import_module" in explain(error)


def test_a_configuration_error_keeps_its_notes() -> None:
    """They say where it happened: in which plugin, in which step of the start."""
    error = ConfigurationError("It cannot be.", hint="Mend it.")
    error.add_note("in init_app of the plugin 'shop'")

    assert explain(error) == "It cannot be.\n  Mend it.\nin init_app of the plugin 'shop'"


def test_a_configuration_error_needs_no_traceback(directory: Path) -> None:
    """An error that is written for its reader is shown without a trace."""
    text = "from covet.exceptions import ConfigurationError\nraise ConfigurationError('No tea.', hint='Buy some.')"

    with pytest.raises(TargetError) as caught:
        load(directory, text)

    assert explain(caught.value) == ("No tea.\n  Buy some.\nImporting 'sample_target' failed with ConfigurationError.")


BROKEN_ROUTES = """
from covet import CovetPy

app = CovetPy()

@app.get("/items")
def list_items(request, page): ...

@app.post("/items")
def add_item(*items): ...
"""

BOTH_REASONS = """\
2 routes cannot be served.
  GET /items, parameter 'page': It has no annotation.
    Write its type, such as page: int. Names in braces in the path, and request, need none.
  POST /items, parameter 'items': A handler takes named parameters only.
    Name each parameter and annotate it; a decorator of a handler needs functools.wraps."""


def test_several_broken_routes_are_a_list_without_a_traceback(directory: Path) -> None:
    """Each route is there with its mend, and nothing of the framework's own frames."""
    app = load(directory, BROKEN_ROUTES)
    assert isinstance(app, CovetPy)

    with pytest.raises(ExceptionGroup) as caught:
        app.compile()

    assert explain(caught.value) == BOTH_REASONS


def test_a_group_with_an_unexpected_error_keeps_its_traceback() -> None:
    """What was not written for its reader needs the trace."""
    group = ExceptionGroup("Two failed.", [ConfigurationError("No tea."), KeyError("cup")])

    text = explain(group)

    assert "KeyError: 'cup'" in text
    assert "Exception" in text.splitlines()[0]


# ── Objects ──────────────────────────────────────────────────────────────────


def test_a_module_level_application_is_found_by_its_name() -> None:
    """An object that a calling module holds in a variable can be imported by other processes."""
    assert find_target(APPLICATION, sys._getframe()) == ImportTarget(__name__, "APPLICATION")


def test_a_local_application_has_no_name() -> None:
    """A local variable cannot be imported."""
    local = Application()

    assert find_target(local, sys._getframe()) is None


@pytest.mark.parametrize(
    ("asked", "rsgi_possible", "expected"),
    [(None, True, "rsgi"), (None, False, "asgi"), ("asgi", True, "asgi"), ("rsgi", True, "rsgi")],
)
def test_the_interface_is_chosen(asked: None, rsgi_possible: bool, expected: str) -> None:
    """RSGI is taken where both sides speak it, unless ASGI is asked for."""
    assert choose_interface(APPLICATION, asked, rsgi_possible=rsgi_possible) == expected


def test_an_interface_that_the_application_lacks_is_refused() -> None:
    """The error names the interface that would do."""

    class OnlyRSGI:
        __rsgi__ = Application.__rsgi__

    with pytest.raises(
        TargetError, match=r"a function without __rsgi__: it does not speak RSGI\.\n  Use interface=\"asgi\""
    ):
        choose_interface(lambda scope, receive, send: None, "rsgi", rsgi_possible=True)
    with pytest.raises(
        TargetError, match=r"an OnlyRSGI that cannot be called: it does not speak ASGI\.\n  Use interface=\"rsgi\""
    ):
        choose_interface(OnlyRSGI(), "asgi", rsgi_possible=True)


@pytest.fixture
def classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A working directory with a module of classes, which is forgotten afterwards."""
    (tmp_path / "some_classes.py").write_text("class Error(ValueError): ...\nnumber = 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    sys.modules.pop("some_classes", None)


def test_a_class_is_loaded_by_its_base(classes: None) -> None:
    """What is a subclass is returned as it is."""
    assert issubclass(ImportTarget.parse("some_classes:Error").load_class(ValueError), ValueError)


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("Errr", "some_classes:Errr is not there; it must be ValueError or a subclass.\n  Did you mean 'Error'?"),
        ("number", "some_classes:number is an int; it must be ValueError or a subclass."),
    ],
)
def test_what_is_no_subclass_is_refused(classes: None, attribute: str, message: str) -> None:
    """The error suggests those that the module has."""
    with pytest.raises(TargetError) as caught:
        ImportTarget.parse(f"some_classes:{attribute}").load_class(ValueError)

    assert str(caught.value).startswith(message)
