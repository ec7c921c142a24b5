"""
The report: errors taken apart, put into their parts, and counted.
"""

import pytest

from covet.app import CovetPy
from covet.cli.report import CheckReport, Finding, check_application, count, find_compile_errors, list_errors
from covet.config import InvalidSettingsError, SettingProblem
from covet.di import DependencyGraphError, MissingRegistrationError
from covet.exceptions import RouteError

FIRST, SECOND = MissingRegistrationError("A is missing."), MissingRegistrationError("B is missing.")


@pytest.mark.parametrize(
    ("exc", "texts"),
    [
        (RouteError("one"), ["one"]),
        (ExceptionGroup("two", [RouteError("one"), ExceptionGroup("in", [RouteError("two")])]), ["one", "two"]),
        (DependencyGraphError([FIRST, SECOND]), ["A is missing.", "B is missing."]),
        (
            InvalidSettingsError([SettingProblem("a", "is bad"), SettingProblem("b", "is worse")]),
            ["1 setting is wrong.\n  a is bad.", "1 setting is wrong.\n  b is worse."],
        ),
        (InvalidSettingsError([SettingProblem("a", "is bad")]), ["1 setting is wrong.\n  a is bad."]),
    ],
)
def test_errors_are_taken_apart(exc: Exception, texts: list[str]) -> None:
    """Groups, and the reports of services and settings."""
    assert [str(error) for error in list_errors(exc)] == texts


def test_report_says_how_many() -> None:
    """In words that fit the number."""
    report = CheckReport("main:app", [Finding("routes", "one\n  mend it")])

    assert str(report) == "main:app cannot start: 1 error.\n\nroutes\n  one\n    mend it"
    assert not report.is_good


@pytest.mark.parametrize(
    ("findings", "state"),
    [
        ([Finding("plugin orm", "a", "M101")], "is not ready: 1 error"),
        ([Finding("deployment", "a", "D101")], "is unsafe: 1 error"),
        (
            [Finding("plugin orm", "a", "M101"), Finding("deployment", "a", "D101")],
            "is not ready and is unsafe: 2 errors",
        ),
        ([Finding("plugin orm", "a", "M101"), Finding("routes", "a")], "cannot start: 2 errors"),
    ],
)
def test_report_says_what_its_errors_prevent(findings: list[Finding], state: str) -> None:
    """An application that starts may be of no use all the same."""
    assert str(CheckReport("main:app", findings)).splitlines()[0] == f"main:app {state}."


def test_good_report_has_its_warnings() -> None:
    """They prevent nothing."""
    report = CheckReport("main:app", warnings=[Finding("plugins", "a")], counts={"routes": "1 route"})

    assert report.is_good
    assert str(report) == "main:app can start.\n  routes  1 route\n\nwarnings: plugins\n  a"


def test_wrapper_that_fails_is_reported() -> None:
    """It is called when routes are compiled, and may raise anything."""
    app = CovetPy()

    def wrap(inner):  # type: ignore[no-untyped-def]
        raise ZeroDivisionError("own")

    app.wrap(wrap)

    assert [type(error) for error in find_compile_errors(app)] == [ZeroDivisionError]
    assert [finding.part for finding in check_application(app, "main:app").errors] == ["application"]


@pytest.mark.parametrize(("number", "words"), [(0, "0 routes"), (1, "1 route"), (2, "2 routes")])
def test_numbers_have_their_nouns(number: int, words: str) -> None:
    """One is one."""
    assert count(number, "route") == words
