"""
The errors of dependency injection keep their data, and say what to do.
"""

import re

import pytest

from covet.di import errors
from covet.di.errors import (
    DependencyError,
    DependencyGraphError,
    DisposalError,
    DuplicateRegistrationError,
    MissingContextValueError,
    MissingRegistrationError,
    RegistrationError,
    ScopeClosedError,
    ScopeRequiredError,
    WiringError,
)
from covet.di.path import Step
from covet.exceptions import ConfigurationError


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """Each class stands in the drawing, below its base."""
    classes = {
        name: cls for name, cls in vars(errors).items() if isinstance(cls, type) and issubclass(cls, DependencyError)
    }
    drawn: dict[str, str] = {}
    stack: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").partition("::")[2].splitlines():
        name = re.search(r"\w+Error\b", line)
        if name is None:
            continue
        depth = name.start()
        while stack and stack[-1][0] >= depth:
            stack.pop()
        drawn[name[0]] = stack[-1][1] if stack else "ConfigurationError"
        stack.append((depth, name[0]))

    assert drawn == {name: cls.__bases__[0].__name__ for name, cls in classes.items()}


def test_all_are_errors_of_configuration() -> None:
    """Who catches ConfigurationError catches them."""
    assert issubclass(DependencyError, ConfigurationError)


@pytest.mark.parametrize("cls", [MissingRegistrationError, ScopeRequiredError])
def test_what_resolve_raises_is_a_value_error(cls: type[Exception]) -> None:
    """The standards catch ValueError."""
    assert issubclass(cls, ValueError)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        pytest.param(
            RegistrationError("It is wrong.", where="/x/app/a.py:3", hint="Mend it."),
            "It is wrong.\n  Registered at app/a.py:3.\n  Mend it.",
            id="registration",
        ),
        pytest.param(RegistrationError("It is wrong."), "It is wrong.", id="registration alone"),
        pytest.param(
            DuplicateRegistrationError("Cache", first="a.py:1", where="b.py:2"),
            "Cache is registered twice.\n  First at a.py:1, again at b.py:2.\n"
            "  Pass replace=True if the second is meant, or tell them apart with qualifier=.",
            id="duplicate",
        ),
        pytest.param(
            WiringError("It fails.", steps=[Step("A"), Step("B", parameter="b")], hint="One.\nTwo."),
            "It fails.\n  A\n  └─> b: B\n  One.\n  Two.",
            id="wiring",
        ),
        pytest.param(
            ScopeRequiredError("Cart", reason="Cart is scoped"),
            "Cart cannot be resolved from the container: Cart is scoped.\n"
            "  Write: async with container.scope() as scope: await scope.resolve(...)",
            id="scope required",
        ),
        pytest.param(
            ScopeClosedError("Cart"),
            "Cart was asked for in a scope that is closed.\n"
            "  Resolve it before the scope ends, or open a scope of its own: async with container.scope() as scope.",
            id="scope closed",
        ),
        pytest.param(
            MissingContextValueError("Request", given=["User"]),
            "Request is declared as a value of each scope, and this scope was opened without it.\n"
            "  Open it with container.scope(values={Request: ...}). It gives: User.",
            id="context value",
        ),
        pytest.param(
            DisposalError([("Cart", OSError("gone")), ("Cache", ValueError("bad"))]),
            "Closing failed for Cart, Cache.\n  Cart: OSError: gone\n  Cache: ValueError: bad",
            id="disposal",
        ),
    ],
)
def test_error_says_what_and_how(error: DependencyError, text: str) -> None:
    """The text has what happened, where, and the fix."""
    assert str(error) == text


def test_report_numbers_its_errors() -> None:
    """The report counts, and indents what belongs to an error."""
    report = DependencyGraphError([WiringError("One.", hint="Mend."), WiringError("Two.")])

    assert str(report) == "The dependencies cannot be wired: 2 errors.\n\n1. One.\n     Mend.\n\n2. Two."
    assert [type(error) for error in report.errors] == [WiringError, WiringError]


def test_failures_of_closing_are_grouped() -> None:
    """The failures are the cause, as a group that `except*` understands."""
    failure = OSError("gone")

    error = DisposalError([("Cart", failure)])

    assert error.errors == (failure,)
    assert isinstance(error.__cause__, BaseExceptionGroup)
    assert error.__cause__.exceptions == (failure,)
