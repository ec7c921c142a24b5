"""Preconditions, in the order of RFC 9110 §13.2.2."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet import Request
from covet.http.dates import format_http_date
from covet.http.headers import Headers
from covet.http.preconditions import (
    Outcome,
    PreconditionFailedError,
    PreconditionRequiredError,
    Preconditions,
    check_preconditions,
    is_range_current,
    make_not_modified,
)

NOW = 1_700_000_000.5
THEN, LATER = format_http_date(NOW), format_http_date(NOW + 60)
EARLIER = format_http_date(NOW - 60)
GO, SAME, FAIL = Outcome.PROCEED, Outcome.NOT_MODIFIED, Outcome.FAILED


@pytest.mark.parametrize(
    ("headers", "get", "put"),
    [
        ({}, GO, GO),
        ({"if-match": '"a"'}, GO, GO),
        ({"if-match": "*"}, GO, GO),
        ({"if-match": '"b", "a"'}, GO, GO),
        ({"if-match": '"b"'}, FAIL, FAIL),
        ({"if-match": 'W/"a"'}, FAIL, FAIL),
        ({"if-match": "a"}, FAIL, FAIL),
        ({"if-unmodified-since": THEN}, GO, GO),
        ({"if-unmodified-since": EARLIER}, FAIL, FAIL),
        ({"if-unmodified-since": "yesterday"}, GO, GO),
        ({"if-match": '"a"', "if-unmodified-since": EARLIER}, GO, GO),
        ({"if-none-match": '"a"'}, SAME, FAIL),
        ({"if-none-match": 'W/"a"'}, SAME, FAIL),
        ({"if-none-match": "*"}, SAME, FAIL),
        ({"if-none-match": '"b"'}, GO, GO),
        ({"if-none-match": "nonsense"}, GO, GO),
        ({"if-modified-since": THEN}, SAME, GO),
        ({"if-modified-since": LATER}, SAME, GO),
        ({"if-modified-since": EARLIER}, GO, GO),
        ({"if-modified-since": "yesterday"}, GO, GO),
        ({"if-none-match": '"b"', "if-modified-since": LATER}, GO, GO),
        ({"if-match": '"b"', "if-none-match": '"a"'}, FAIL, FAIL),
        ({"if-match": '"a"', "if-none-match": '"a"'}, SAME, FAIL),
    ],
)
def test_order_is_that_of_the_rfc(headers: dict[str, str], get: Outcome, put: Outcome) -> None:
    """Tags go before dates, and failing before not sending."""
    conditions = Preconditions.of(Headers(headers))

    assert conditions.evaluate("GET", '"a"', NOW) is get
    assert conditions.evaluate("HEAD", '"a"', NOW) is get
    assert conditions.evaluate("PUT", '"a"', NOW) is put


def test_state_without_a_tag_or_a_date_is_sent() -> None:
    """What cannot be compared has changed, for all that anybody knows."""
    conditions = Preconditions(if_none_match='"a"', if_modified_since=LATER)

    assert conditions.evaluate("GET", None, None) is GO
    assert Preconditions(if_modified_since=LATER).evaluate("GET", None, None) is GO
    assert Preconditions(if_unmodified_since=EARLIER).evaluate("PUT", None, None) is GO


@given(st.lists(st.none() | st.text(max_size=20), min_size=4, max_size=4), st.sampled_from(["GET", "PUT"]))
def test_any_headers_have_an_outcome(values: list[str | None], method: str) -> None:
    """Nothing that a client sends raises."""
    assert Preconditions(*values).evaluate(method, '"a"', NOW) in Outcome


@pytest.mark.parametrize(
    ("if_range", "etag", "expected"),
    [
        ('"a"', '"a"', True),
        ('"b"', '"a"', False),
        ('W/"a"', 'W/"a"', False),
        ('"a"', 'W/"a"', False),
        ('"a"', None, False),
        (THEN, '"a"', True),
        (LATER, '"a"', False),
        (EARLIER, '"a"', False),
        ("nonsense", '"a"', False),
    ],
)
def test_rest_of_something_needs_a_strong_name(if_range: str, etag: str | None, expected: bool) -> None:
    """A weak tag, or another date than exactly the one, does not name the same bytes."""
    assert is_range_current(if_range, etag, NOW) is expected


def test_time_of_change_that_is_too_near_is_not_strong() -> None:
    """In this very second the file may change once more (RFC 9110 §8.8.2.2)."""
    now = time.time()

    assert not is_range_current(format_http_date(now + 2), None, now + 2)
    assert not is_range_current(THEN, None, None)


@pytest.mark.parametrize("etag", ["v1", '"v1"'])
def test_write_goes_on_if_the_state_is_the_expected_one(etag: str) -> None:
    """With quotes or without."""
    check_preconditions(Request("PUT", headers={"If-Match": '"v1"'}), etag=etag, required=True)


@pytest.mark.parametrize(
    ("headers", "options"),
    [
        ({"If-Match": '"v2"'}, {"etag": "v1"}),
        ({"If-None-Match": "*"}, {"etag": "v1"}),
        ({"If-Match": "*"}, {"exists": False}),
        ({"If-Unmodified-Since": EARLIER}, {"last_modified": datetime.fromtimestamp(NOW, UTC)}),
    ],
)
def test_write_on_another_state_fails(headers: dict[str, str], options: dict[str, object]) -> None:
    """412, with what is the matter."""
    with pytest.raises(PreconditionFailedError) as caught:
        check_preconditions(Request("PUT", headers=headers), **options)  # type: ignore[arg-type]

    assert caught.value.status_code == 412
    assert str(caught.value) == "The resource is in another state than the request expects."


def test_what_does_not_exist_may_be_created() -> None:
    """`If-None-Match: *` is how a client says so."""
    check_preconditions(Request("PUT", headers={"If-None-Match": "*"}), exists=False)


def test_expectation_may_be_required() -> None:
    """428 tells the client what to send."""
    with pytest.raises(PreconditionRequiredError) as caught:
        check_preconditions(Request("PUT"), etag="v1", required=True)

    assert caught.value.status_code == 428
    assert str(caught.value) == "Send If-Match with the entity tag of the state that you have seen."


@pytest.mark.parametrize(
    ("headers", "options", "sent"),
    [
        ({"If-None-Match": '"v1"'}, {"etag": "v1"}, {"etag": '"v1"'}),
        ({"If-None-Match": "W/\"v1\""}, {"etag": "v1", "last_modified": NOW}, {"etag": '"v1"', "last-modified": THEN}),
        ({"If-Modified-Since": THEN}, {"last_modified": datetime.fromtimestamp(NOW, UTC)}, {"last-modified": THEN}),
        ({"If-None-Match": "*"}, {}, {}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_client_that_has_the_state_is_told_so(
    method: str, headers: dict[str, str], options: dict[str, Any], sent: dict[str, str]
) -> None:
    """Before the work: with what the whole answer would say of the state."""
    response = make_not_modified(Request(method, headers=headers), **options)

    assert response is not None
    assert (response.status_code, response.body, dict(response.headers)) == (304, b"", sent)


@pytest.mark.parametrize("headers", [{}, {"If-None-Match": '"v2"'}, {"If-Modified-Since": EARLIER}])
def test_client_that_has_another_state_gets_the_answer(headers: dict[str, str]) -> None:
    """And so does one that has none."""
    assert make_not_modified(Request(headers=headers), etag="v1", last_modified=NOW) is None


def test_read_of_an_expected_state_fails_on_another() -> None:
    """412, as for a write."""
    with pytest.raises(PreconditionFailedError):
        make_not_modified(Request(headers={"If-Match": '"v2"'}), etag="v1")


@pytest.mark.parametrize(
    ("headers", "options"),
    [
        ({"If-Unmodified-Since": "yesterday"}, {"etag": "v7", "last_modified": NOW}),
        ({"If-Unmodified-Since": EARLIER}, {"etag": "v7"}),
        ({"If-Unmodified-Since": THEN}, {"exists": False, "last_modified": NOW}),
        ({"If-None-Match": '"x"'}, {"etag": "v7"}),
        ({"If-None-Match": '"x"'}, {}),
        ({"If-None-Match": '"x"'}, {"exists": False}),
        ({"If-None-Match": "nonsense"}, {"etag": "v7"}),
        ({"If-Modified-Since": EARLIER}, {"etag": "v7", "last_modified": NOW}),
    ],
)
def test_what_names_no_state_is_no_expectation(headers: dict[str, str], options: dict[str, object]) -> None:
    """A condition that cannot be evaluated, or that lets nearly every state pass, protects nobody's change: 428."""
    with pytest.raises(PreconditionRequiredError):
        check_preconditions(Request("PUT", headers=headers), required=True, **options)  # type: ignore[arg-type]

    # Where no expectation is required, it is ignored.
    check_preconditions(Request("PUT", headers=headers), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headers", "options"),
    [
        ({"If-Match": '"v7"'}, {"etag": "v7"}),
        ({"If-Match": "*"}, {"etag": "v7"}),
        ({"If-None-Match": " * "}, {"exists": False}),
        ({"If-Unmodified-Since": THEN}, {"last_modified": NOW}),
        ({"If-Match": '"v7"', "If-Unmodified-Since": "yesterday"}, {"etag": "v7"}),
    ],
)
def test_what_names_a_state_is_an_expectation(headers: dict[str, str], options: dict[str, object]) -> None:
    """It goes on if that is the state."""
    check_preconditions(Request("PUT", headers=headers), required=True, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("headers", [{"If-Match": "nonsense"}, {"If-Match": '"v6"'}, {"If-None-Match": 'W/"v7"'}])
def test_what_fails_fails_before_anything_is_required(headers: dict[str, str]) -> None:
    """412 says more than 428."""
    with pytest.raises(PreconditionFailedError):
        check_preconditions(Request("PUT", headers=headers), etag="v7", required=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"last_modified": NOW},
            "Send If-Unmodified-Since with the Last-Modified of the state that you have seen.",
        ),
        ({"exists": False}, "Send If-None-Match: * to create what does not exist yet."),
    ],
)
def test_what_is_required_is_what_can_be_sent(options: dict[str, object], message: str) -> None:
    """A state without a tag is named by its time, and nothing by no state."""
    with pytest.raises(PreconditionRequiredError) as caught:
        check_preconditions(Request("PUT"), required=True, **options)  # type: ignore[arg-type]

    assert str(caught.value) == message
