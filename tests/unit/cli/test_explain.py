"""
`covet explain`: its arguments, its errors; what it says is what a server answers.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from covet.cli.commands import covet
from covet.testing import TestClient
from tests.integration.wire import PROTOCOLS


def call(*arguments: str) -> SimpleNamespace:
    """Call the command in this process; returns status, output and errors."""
    result = CliRunner().invoke(covet, ["explain", *arguments])
    return SimpleNamespace(status=result.exit_code, output=result.stdout, errors=result.stderr)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/users/7"),
        ("GET", "/users/7?page=9"),
        ("GET", "/users/7?page=10"),
        ("GET", "/users/7?page=a&page=3"),
        ("GET", "/users/seven"),
        ("GET", "/users/7/"),
        ("HEAD", "/users/7"),
        ("DELETE", "/users/7"),
        ("PUT", "/users/7"),
        ("OPTIONS", "/users/7"),
        ("OPTIONS", "/nothing"),
        ("TRACE", "/users/7"),
        ("BREW", "/users/7"),
        ("GET", "/days/2026-02-28"),
        ("GET", "/days/2026-02-31"),
        ("GET", "/users"),
        ("GET", "/us%65rs"),
        ("GET", "/nothing"),
        ("GET", "/inner/inside"),
        ("GET", "/inner/outside"),
        ("POST", "/inner/inside"),
        ("GET", "/" + "a" * 9000),
    ],
)
def test_status_is_that_of_the_answer(composed: Path, method: str, target: str) -> None:
    """The same application, asked in earnest over both protocols, answers so."""
    explained = json.loads(call(method, target, "composed:app", "--json").output)

    for protocol in PROTOCOLS:
        with TestClient(sys.modules["composed"].app, protocol=protocol, raise_app_exceptions=False) as client:
            response = client.request(method, target)
        assert response.status_code == explained["status"], (protocol, explained["answer"])


def test_nothing_is_started(composed: Path) -> None:
    """The application is compiled, and that is all."""
    assert call("GET", "/users/7", "composed:app").status == 0
    assert sys.modules["composed"].started == []


def test_method_may_be_small(composed: Path) -> None:
    """On a command line that is a matter of taste."""
    assert call("get", "/users/7", "composed:app").output.startswith("GET /users/7 → 200\n")


def test_application_that_cannot_start_answers_nothing(composed: Path) -> None:
    """What is wrong is the business of another command."""
    result = call("GET", "/b", "decomposed:app")

    assert result.status == 1
    assert result.errors == (
        "decomposed:app cannot start, so it answers nothing.\n  covet check decomposed:app says why.\n"
    )


def test_order_of_arguments_is_explained(composed: Path) -> None:
    """The path begins with a slash, so a mix-up is noticed."""
    result = call("composed:app", "GET", "/users/7")

    assert result.status == 2
    assert "PATH begins with a slash, got 'GET'. Write METHOD PATH MODULE:APP, in this order." in result.errors
