"""
A search for an answer that ends the server or corrupts its connection, over real sockets.

An application that answers what it is told to stands behind Granian; after each answer the same
connection, or a new one if it was cut, must serve the next request from the same process.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.answering_cases import Case, cases, encode_case
from tests.e2e.server_process import ServerProcess, serve
from tests.e2e.wire_client import WireClient, WireResponse

ROOT = Path(__file__).parents[2]
IS_CAMPAIGN = os.environ.get("HYPOTHESIS_PROFILE") == "campaign"

# Interface and application; how many examples a run and a campaign have.
SERVERS = [
    ("rsgi", "app", 150, 100_000),
    ("asgi", "app", 60, 20_000),
    ("rsgi", "debugging", 60, 20_000),
]
ENDINGS = ["CancelledError", "GeneratorExit", "Ending", "UnprintableEnding", "base group", "base group of exits"]
ROUTES = ["/bare", "/thread", "/layered", "/middleware", "/handled"]


class Target:
    """
    A server under test, and the process that answers.

    Args:
        server: The server.
        count: How many examples it gets.
    """

    def __init__(self, server: ServerProcess, count: int) -> None:
        self.server = server
        self.count = count
        with WireClient(server.port) as client:
            self.pid = client.ask("GET", "/ok").body


@pytest.fixture(scope="module", params=SERVERS, ids=lambda value: "-".join(value[:2]))
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """Granian over one interface."""
    interface, app, few, many = request.param
    with serve(f"tests.e2e.answering_application:{app}", interface=interface, directory=ROOT) as server:
        yield Target(server, many if IS_CAMPAIGN else few)


def check(target: Target, method: str, route: str, case: Case) -> WireResponse | None:
    """
    Let the application answer a case, and see that its server serves on.

    Returns:
        What came back; `None` if the connection was cut before any of it.
    """
    headers = {"x-case": encode_case(case), "origin": "http://a.test", "accept": "text/html, */*"}
    with WireClient(target.server.port) as client:
        try:
            response = client.ask(method, route, headers)
        except (EOFError, ConnectionResetError):
            response = None
        if response is not None and response.is_whole and (response.get("connection") or "").lower() != "close":
            # The rest of this answer would be taken for the next one.
            after = client.ask("GET", "/ok")
        else:
            assert client.is_closed()
            with WireClient(target.server.port) as other:
                after = other.ask("GET", "/ok")
    assert (after.status, after.body) == (200, target.pid), case
    return response


def is_streamed(case: Case) -> bool:
    """Tell whether an answer is sent while it is made."""
    return case["how"] == "stream" or '"generator"' in json.dumps(case)


def sets_injected(case: Case) -> bool:
    """Tell whether the application sets the header itself that nothing may inject: the search finds its name."""
    return '"x-injected"' in json.dumps(case).lower()


def is_ending(case: Case) -> bool:
    """Tell whether what is raised is no error and no exit: it is left to whoever meant it."""
    return case.get("error") is not None and case["error"][0] in ENDINGS


@pytest.mark.property
@pytest.mark.timeout(7200 if IS_CAMPAIGN else 60)
@pytest.mark.row(48)
def test_no_answer_ends_the_server_or_corrupts_its_connection(target: Target) -> None:
    """Whatever an application returns or raises, the next request is answered by the same process."""

    @settings(max_examples=target.count, suppress_health_check=list(HealthCheck))
    @given(method=st.sampled_from(["GET", "GET", "POST", "HEAD"]), route=st.sampled_from(ROUTES), case=cases)
    def search(method: str, route: str, case: Case) -> None:
        response = check(target, method, route, case)

        # Only what fails in the middle is cut, perhaps before the beginning of it was written.
        assert (response is not None and response.is_whole) or is_streamed(case)
        assert response is None or response.get("x-injected") is None or sets_injected(case)
        # The server's own 500 has gone past the exception handlers, the middleware and the log's number.
        assert case["how"] != "raise" or is_ending(case) or (response and response.get("content-type"))

    search()

    # Patterns that do not match themselves: the search tries the texts of this file as well, and they are logged.
    log = target.server.log()
    assert re.search(r"thread '[^']*' panicked at ", log) is None
    assert re.search(r"Unexpected exit from worker-[0-9]", log) is None
