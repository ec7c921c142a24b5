"""
Traces without secrets.
"""

import logging
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.config import Settings, Sources
from covet.core.error_traces import find_request_secrets, log_concealed, write_trace

KEY = "mKQ0pJ7cR2vT9xW4zL8nB5hG1dF6sA3e"


def make_error(text: str) -> ValueError:
    """Raise an error with a note and a cause, and catch it."""
    try:
        try:
            raise KeyError(text)
        except KeyError as exc:
            raise ValueError(text) from exc
    except ValueError as exc:
        exc.add_note(text)
        return exc


@pytest.mark.parametrize(
    ("options", "secret"),
    [
        ({"headers": {"authorization": "Bearer hunter2"}}, "hunter2"),
        ({"headers": {"authorization": "Basic YWRhOmh1bnRlcjI="}}, "hunter2"),
        ({"headers": {"x-api-key": "hunter2"}}, "hunter2"),
        ({"headers": {"x-csrf-token": "hunter2"}}, "hunter2"),
        ({"headers": {"cookie": "theme=hunter2"}}, "hunter2"),
        ({"headers": {"referer": "https://ada:hunter2@a.example/"}}, "hunter2"),
        ({"url": "/reset?reset_token=hunter2"}, "hunter2"),
        ({"headers": {"content-type": "application/json"}, "body": b'{"a": [{"password": "hunter2"}]}'}, "hunter2"),
        (
            {"headers": {"content-type": "application/x-www-form-urlencoded"}, "body": b"password=hunter2&a=1"},
            "hunter2",
        ),
    ],
)
async def test_what_the_request_brought_is_hidden(options: dict[str, Any], secret: str) -> None:
    """In the error, in its note, and in its cause."""
    request = Request(method="POST", **options)
    await request.body()

    trace = write_trace(request, make_error(f"no {secret} here"))

    assert secret not in trace
    assert trace.count("no ********** here") == 3


def test_what_the_settings_know_is_hidden() -> None:
    """Of the application that the request is for."""
    app = CovetPy(settings=Settings(security={"secret_key": KEY}, sources=Sources.none()))

    assert find_request_secrets(Request(app=app)) == {KEY}
    assert KEY not in write_trace(Request(app=app), make_error(KEY))


def test_other_words_stay() -> None:
    """A trace that said nothing would be of no use; short values are parts of other words."""
    request = Request(url="/?page=second&token=on", headers={"accept": "text/html"})

    trace = write_trace(request, make_error("second page of text/html on"), is_short=True)

    assert trace == "ValueError: second page of text/html on\nsecond page of text/html on\n"


def test_every_formatter_writes_the_trace_that_was_given(caplog: pytest.LogCaptureFixture) -> None:
    """In place of one of its own; the error is there for those that make more of it."""
    error = make_error("hunter2")

    log_concealed(logging.getLogger("covet.errors"), "Failed in %s", ("here",), error, "ValueError: ***\n")

    [record] = caplog.records
    assert record.getMessage() == "Failed in here"
    assert record.exc_info is not None
    assert record.exc_info[1] is error
    assert logging.Formatter().format(record) == "Failed in here\nValueError: ***"
