"""
Checks: what they find, and what becomes of one that cannot look.
"""

import asyncio

import pytest

from covet.checks import Check, Found, Problem, Severity, run_checks
from covet.exceptions import ConfigurationError, DatabaseError


def make_check(found: object = None, *, raises: BaseException | None = None, is_deployment: bool = False) -> Check:
    """Make a check that finds something, or raises."""

    def find() -> Found:
        if raises is not None:
            raise raises
        return found  # type: ignore[return-value] # what it must not be, too

    return Check("S1", "error", "shop", "Restock.", find, is_deployment)


async def test_what_is_found_is_in_the_order_of_the_checks() -> None:
    """Functions, coroutine functions and what they find of their own."""

    async def wait() -> Found:
        await asyncio.sleep(0.05)
        return "It is late."

    own = Problem("S3", Severity.WARNING, "shelf", "It is dusty.", "Wipe it.")
    checks = [
        Check("S0", "warning", "shop", "Hurry.", wait),
        make_check("It is empty."),
        make_check(None),
        make_check(own),
    ]

    found = await run_checks(checks)

    assert [str(problem) for problem in found] == [
        "[S0] It is late.\n  Hurry.",
        "[S1] It is empty.\n  Restock.",
        "[S3] It is dusty.\n  Wipe it.",
    ]
    assert [problem.severity for problem in found] == ["warning", "error", "warning"]


@pytest.mark.parametrize(
    ("error", "text", "fix"),
    [
        (OSError("refused"), "OSError: refused", "Restock."),
        (OSError(), "OSError", "Restock."),
        (SystemExit(3), "SystemExit: 3", "Restock."),
        (asyncio.CancelledError(), "CancelledError", "Restock."),
        (DatabaseError("It is gone.", hint="Call it back."), "It is gone.", "Call it back."),
        (DatabaseError("It is gone."), "It is gone.", "Restock."),
    ],
)
async def test_one_that_raises_is_a_warning(error: BaseException, text: str, fix: str) -> None:
    """It could not look; the others did."""

    async def find() -> Found:
        raise error

    found = await run_checks([Check("S1", "error", "shop", "Restock.", find), make_check("It is empty.")])

    assert [(problem.severity, problem.message, problem.fix) for problem in found] == [
        ("warning", f"shop could not be checked: {text}", fix),
        ("error", "It is empty.", "Restock."),
    ]


async def test_one_that_is_about_deploying_keeps_its_severity() -> None:
    """Nobody knows that it is safe."""
    found = await run_checks([make_check(raises=OSError("refused"), is_deployment=True)])

    assert [problem.severity for problem in found] == ["error"]


async def test_one_that_takes_too_long_is_ended() -> None:
    """And is a warning."""

    async def find() -> Found:
        await asyncio.sleep(60)
        return None

    [problem] = await run_checks([Check("S1", "error", "shop", "Restock.", find)], seconds=0.05)

    assert problem.severity == "warning"
    assert problem.message == "shop could not be checked: TimeoutError: The time of 0.05 s is up."


async def test_whoever_cancels_ends_all() -> None:
    """A check is no reason to stay."""
    began = asyncio.Event()

    async def find() -> Found:
        began.set()
        await asyncio.sleep(60)
        return None

    task = asyncio.create_task(run_checks([Check("S1", "error", "shop", "Restock.", find)]))
    await began.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_one_that_returns_something_else_is_told() -> None:
    """A list is no text."""
    [problem] = await run_checks([make_check(["It is empty."])])

    assert problem.message == (
        "shop could not be checked: TypeError: it returned ['It is empty.'], "
        "which is neither a text nor a Problem nor None"
    )


def test_a_severity_that_is_none_is_refused() -> None:
    """The two are named."""
    with pytest.raises(ConfigurationError) as caught:
        Check("S1", "bad", "shop", "Restock.", lambda: None)  # type: ignore[arg-type]

    assert str(caught.value) == "The severity of the check 'S1' must be 'error' or 'warning', got 'bad'."


def test_a_check_that_cannot_look_is_refused() -> None:
    """Where it is written."""
    with pytest.raises(ConfigurationError) as caught:
        Check("S1", "error", "shop", "Restock.", "It is empty.")  # type: ignore[arg-type]

    assert str(caught.value) == (
        "The check 'S1' must find by a function, got 'It is empty.'.\n"
        "  Its find takes nothing, and returns what is wrong, or None."
    )
