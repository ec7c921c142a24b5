"""
The table of checks, and what is found by it.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

from covet import CovetPy
from covet.checks import Check, Severity
from covet.deployment import CHECKS, UnsafeDeploymentError, check_deployment
from covet.plugins import Plugin
from covet.testing import TestClient
from tests.architecture.source import ROOT
from tests.unit.deployment.configurations import find, make_app


def test_a_safe_application_has_no_problem() -> None:
    """Made by the factory, with hosts, proxies and keys, redirected to https."""
    assert find(make_app()) == {}


def test_there_are_more_checks_than_django_has() -> None:
    """Each has an id of its own, in order, a severity and a fix."""
    assert len(CHECKS) >= 40
    assert max(Counter(check.id for check in CHECKS).values()) == 1
    assert [check.id for check in CHECKS] == sorted(check.id for check in CHECKS)
    assert all(re.fullmatch(r"D[1-4]\d\d", check.id) and check.fix and check.setting for check in CHECKS)
    assert {check.severity for check in CHECKS} == {Severity.ERROR, Severity.WARNING}


async def test_a_bare_application_is_told_what_it_lacks() -> None:
    """A newcomer's first one."""
    found = {problem.id for problem in await check_deployment(CovetPy())}

    assert {"D103", "D109", "D201", "D301", "D312"} <= found


def test_the_page_lists_every_check() -> None:
    """With its severity, what it is about and its fix."""
    page = Path(ROOT, "docs", "deployment.md").read_text()

    rows = [f"| `{check.id}` | {check.severity} | `{check.setting}` | {check.fix} |" for check in CHECKS]
    assert [row for row in rows if row not in page] == []


def test_a_problem_is_written_with_its_fix() -> None:
    """And names what it is about."""
    problem = find(make_app(server={"reload": True}))["D104"]

    assert str(problem) == (
        "[D104] server.reload is on: a file that changes restarts the workers.\n  Set server.reload = false."
    )
    assert problem.setting == "server.reload"


class Shop(Plugin):
    """A plugin that looks at what the framework does not know."""

    name = "shop"
    version = "1.0"

    def init_app(self, app: CovetPy) -> None: ...

    def checks(self) -> list[Check]:
        """One of them is about deploying."""
        return [
            Check("S1", "error", "shop", "Restock.", lambda: "It is empty."),
            Check("S2", "error", "shop.till", "Lock it.", self.look, is_deployment=True),
        ]

    async def look(self) -> str:
        """Look at the till."""
        return "It is open."


async def test_a_check_of_a_plugin_stops_the_start_of_production() -> None:
    """If it is about deploying."""
    app = make_app()
    app.plugin_manager.register(Shop)

    with pytest.raises(UnsafeDeploymentError) as caught:
        async with TestClient(app):
            pass

    assert [str(problem) for problem in caught.value.problems] == ["[S2] It is open.\n  Lock it."]
