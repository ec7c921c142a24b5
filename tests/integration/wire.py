"""
What the tests of the wire share: both protocols, and what every refusal looks like.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, get_args

import pytest

from covet.testing import ClientResponse, TestClient
from covet.testing.request import ClientRequest, RequestOptions

WireProtocol = Literal["asgi", "rsgi"]
PROTOCOLS: tuple[WireProtocol, ...] = get_args(WireProtocol)

on_both_protocols = pytest.mark.parametrize("protocol", PROTOCOLS)


class AnyTarget(TestClient):
    """A client that sends any target, such as one without a slash, which `TestClient` takes for a slip."""

    def _build(self, method: str, path: str, options: RequestOptions) -> ClientRequest:
        if path.startswith("/"):
            return super()._build(method, path, options)
        request = super()._build(method, f"/{path}", options)
        return replace(request, raw_path=request.raw_path[1:])


def assert_problem(response: ClientResponse, status: int, *, echo: str = "") -> Mapping[str, object]:
    """
    Check that a response is a problem (RFC 9457) of a status that repeats nothing of the input.

    Args:
        response: The response.
        status: Its status.
        echo: What must not stand in it.
    """
    problem: dict[str, object] = response.json()
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    # The instance is a random number, which may hold anything.
    said = json.dumps({name: value for name, value in problem.items() if name != "instance"})
    assert not echo or echo not in said
    return problem


def error_records(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """List what was logged as a warning or worse."""
    return [record for record in caplog.records if record.levelno >= logging.WARNING]
