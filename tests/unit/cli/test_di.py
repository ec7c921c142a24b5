"""
`covet di`: the graph in three forms, and its check.
"""

import json
from pathlib import Path
from types import SimpleNamespace

from click.testing import CliRunner

from covet.cli.commands import covet


def call(*arguments: str) -> SimpleNamespace:
    """Call the command in this process; returns status, output and errors."""
    result = CliRunner().invoke(covet, ["di", *arguments])
    return SimpleNamespace(status=result.exit_code, output=result.stdout, errors=result.stderr)


def test_graph_is_a_tree(composed: Path) -> None:
    """Below each route that injects; what the framework offers and nobody takes is left out."""
    result = call("graph", "composed:app")

    assert (result.status, result.errors) == (0, "")
    assert result.output == (
        f"GET /users/{{user_id:int}} (composed.show_user), {composed.name}/composed.py:57\n"
        "└─> orders: Orders (scoped)\n"
        "    └─> database: Database (singleton)\n"
    )


def test_graph_is_a_flowchart(composed: Path) -> None:
    """For Mermaid."""
    lines = call("graph", "composed:app", "--format", "mermaid").output.splitlines()

    assert lines[0] == "flowchart LR"
    assert '    s2["Orders<br/>scoped"]' in lines


def test_graph_is_json(composed: Path) -> None:
    """For programs."""
    services = json.loads(call("graph", "composed:app", "--format", "json").output)

    orders = next(service for service in services if service["name"] == "Orders")
    assert orders["lifetime"] == "scoped"
    assert orders["made_by"] == "Orders"
    assert orders["needs"] == [{"parameter": "database", "service": "Database", "is_late": False}]


def test_all_shows_what_the_framework_offers(composed: Path) -> None:
    """On demand."""
    assert "EventBus" in call("graph", "composed:app", "--all").output
    assert "EventBus" not in call("graph", "composed:app").output


def test_application_without_services_says_so(composed: Path) -> None:
    """An empty drawing would not."""
    assert call("graph", "composed:empty").output == "composed:empty has no services.\n"


def test_graph_with_errors_is_drawn(composed: Path) -> None:
    """And says where they are shown."""
    result = call("graph", "decomposed:wired")

    assert result.status == 0
    assert "└─> mailer: Mailer (transient)" in result.output
    assert result.errors == "Not everything is right: covet check decomposed:wired says what.\n"


def test_good_wiring_is_counted(composed: Path) -> None:
    """With status 0."""
    result = call("check", "composed:app")

    assert (result.status, result.output) == (0, "The wiring is good: 2 services, injected in 1 place.\n")


def test_bad_wiring_is_drawn(composed: Path) -> None:
    """With status 1; the path, and the mend."""
    result = call("check", "decomposed:wired")

    assert (result.status, result.output) == (1, "")
    assert result.errors.startswith("The dependencies cannot be wired: 1 error.\n\n1. Host is not registered.\n")
    assert "Register it: container.register(Host)." in result.errors


def test_other_errors_are_named(composed: Path) -> None:
    """A route that cannot be read may inject more."""
    result = call("check", "decomposed:app")

    assert result.status == 1
    assert "There may be more behind 2 other errors, which covet check decomposed:app shows." in result.errors
