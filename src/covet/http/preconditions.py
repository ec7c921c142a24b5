"""
Preconditions of requests (RFC 9110 §13): whether a client has the current state already, or expects another one.

A handler that reads gets its 304 from `FileResponse` or `ConditionalMiddleware`, or from `make_not_modified` before its
work begins. A handler that writes asks `check_preconditions` before it does.
"""

import time
from datetime import datetime
from enum import Enum
from typing import Final, NamedTuple

from covet.exceptions import HTTPError
from covet.http.dates import format_http_date, parse_http_date
from covet.http.entity_tags import EntityTags, check_etag
from covet.http.headers import Headers
from covet.http.request import Request
from covet.http.response import Response

__all__ = [
    "Outcome",
    "PreconditionFailedError",
    "PreconditionRequiredError",
    "Preconditions",
    "check_preconditions",
    "is_range_current",
    "make_not_modified",
]

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
# Seconds that a time of change must lie back to be a strong validator (RFC 9110 §8.8.2.2).
_STRONG_AGE: Final = 1
_SEND_DATE: Final = "Send If-Unmodified-Since with the Last-Modified of the state that you have seen."
_SEND_ANY: Final = "Send If-None-Match: * to create what does not exist yet."


class PreconditionFailedError(HTTPError):
    """
    412: the client expected another state than there is.

    Example:
        >>> PreconditionFailedError().status_code
        412
    """

    status_code = 412

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or "The resource is in another state than the request expects.")


class PreconditionRequiredError(HTTPError):
    """
    428: the request must say which state it expects (RFC 6585 §3).

    Example:
        >>> PreconditionRequiredError().status_code
        428
    """

    status_code = 428

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or "Send If-Match with the entity tag of the state that you have seen.")


class Outcome(Enum):
    """What the preconditions of a request say."""

    PROCEED = "proceed"
    NOT_MODIFIED = "not modified"
    FAILED = "failed"


class Preconditions(NamedTuple):
    """
    The conditional headers of a request, as they came; `None` for what did not.

    Attributes:
        if_match: Go on only if the state is one of these.
        if_none_match: Go on only if it is none of these.
        if_modified_since: Go on only if it has changed since.
        if_unmodified_since: Go on only if it has not.
    """

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None
    if_unmodified_since: str | None = None

    @classmethod
    def of(cls, headers: Headers) -> "Preconditions":
        """Take them from the headers of a request."""
        get = headers.get
        return cls(get("if-match"), get("if-none-match"), get("if-modified-since"), get("if-unmodified-since"))

    def evaluate(self, method: str, etag: str | None, last_modified: float | None) -> Outcome:
        """
        Decide what they say about a state that exists, in the order of RFC 9110 §13.2.2.

        Args:
            method: The request's method: `GET` and `HEAD` learn that nothing has changed, others fail.
            etag: The tag of the state; `None` if it has none.
            last_modified: When it has changed, in seconds since 1970; `None` if nobody knows.

        Example:
            >>> Preconditions(if_none_match='"a"').evaluate("GET", '"a"', None)
            <Outcome.NOT_MODIFIED: 'not modified'>
            >>> Preconditions(if_match='"a"').evaluate("PUT", '"b"', None)
            <Outcome.FAILED: 'failed'>
        """
        if self.if_match is not None:
            if not EntityTags.parse(self.if_match).has(etag, is_weak=False):
                return Outcome.FAILED
        elif self.if_unmodified_since is not None and _has_changed(self.if_unmodified_since, last_modified):
            return Outcome.FAILED
        is_safe = method in SAFE_METHODS
        if self.if_none_match is not None:
            if self.if_none_match == etag or EntityTags.parse(self.if_none_match).has(etag, is_weak=True):
                return Outcome.NOT_MODIFIED if is_safe else Outcome.FAILED
        elif is_safe and self.if_modified_since is not None:
            since = parse_http_date(self.if_modified_since)
            if since is not None and last_modified is not None and int(last_modified) <= since.timestamp():
                return Outcome.NOT_MODIFIED
        return Outcome.PROCEED

    def names_state(self, last_modified: float | None, *, exists: bool) -> bool:
        """
        Tell whether one of them says which state a write expects, so that no change of somebody else gets lost.

        A date that is none or that nothing is known about is ignored (RFC 9110 §13.1.4), and `If-None-Match` with tags
        lets all other states pass.

        Args:
            last_modified: When the state has changed; `None` if nobody knows.
            exists: Whether there is a state at all.

        Example:
            >>> Preconditions(if_match='"a"').names_state(None, exists=True)
            True
            >>> Preconditions(if_unmodified_since="yesterday").names_state(0.0, exists=True)
            False
        """
        if self.if_match is not None or (self.if_none_match is not None and self.if_none_match.strip(" \t") == "*"):
            return True
        if self.if_unmodified_since is None or last_modified is None or not exists:
            return False
        return parse_http_date(self.if_unmodified_since) is not None


def is_range_current(if_range: str, etag: str | None, last_modified: float | None) -> bool:
    """
    Tell whether a client that has a part of something may have the rest: whether its `If-Range` names the state.

    Only a strong tag, or a time that lies back long enough, can say so (RFC 9110 §13.1.5).

    Example:
        >>> is_range_current('"a"', '"a"', None), is_range_current('W/"a"', 'W/"a"', None)
        (True, False)
    """
    if if_range.startswith(('"', "W/")):
        return etag is not None and if_range == etag and not etag.startswith("W/")
    moment = parse_http_date(if_range)
    if moment is None or last_modified is None:
        return False
    return int(last_modified) == moment.timestamp() and time.time() - last_modified >= _STRONG_AGE


def check_preconditions(
    request: Request,
    *,
    etag: str | None = None,
    last_modified: datetime | float | None = None,
    exists: bool = True,
    required: bool = False,
) -> None:
    """
    Go on only if the state that a request expects is the one there is: before a write, so that no change gets lost.

    Args:
        request: The request.
        etag: The tag of the state; quotes are added if it has none.
        last_modified: When it has changed: an aware datetime, or seconds since 1970.
        exists: Whether there is anything at all: `If-None-Match: *` is for what must not exist yet.
        required: Refuse a request that does not say which state it expects: neither `If-Match` nor
            `If-None-Match: *`, nor an `If-Unmodified-Since` that can be compared with `last_modified`.

    Raises:
        PreconditionFailedError: If it is another one (412).
        PreconditionRequiredError: If nothing is expected, and that is required (428).

    Example:
        >>> check_preconditions(Request("PUT", headers={"If-Match": '"v1"'}), etag="v2")
        Traceback (most recent call last):
            ...
        covet.http.preconditions.PreconditionFailedError: The resource is in another state than the request expects.
    """
    conditions = Preconditions.of(request.headers)
    seconds = last_modified.timestamp() if isinstance(last_modified, datetime) else last_modified
    tag = None if etag is None else check_etag(etag)
    if exists:
        if conditions.evaluate(request.method, tag, seconds) is Outcome.FAILED:
            raise PreconditionFailedError
    elif conditions.if_match is not None:
        # RFC 9110 §13.1.1: what does not exist matches nothing, `*` included.
        raise PreconditionFailedError
    if required and not conditions.names_state(seconds, exists=exists):
        is_dated = tag is None and seconds is not None and exists
        raise PreconditionRequiredError(_SEND_DATE if is_dated else None if exists else _SEND_ANY)


def make_not_modified(
    request: Request, *, etag: str | None = None, last_modified: datetime | float | None = None
) -> Response | None:
    """
    Make the 304 for a client that has the state already; `None` if it needs it: before the work of making it.

    Args:
        request: The request, a `GET` or `HEAD`.
        etag: The tag of the state; quotes are added if it has none.
        last_modified: When it has changed: an aware datetime, or seconds since 1970.

    Raises:
        PreconditionFailedError: If the client expects another state (412).

    Example:
        >>> make_not_modified(Request(headers={"If-None-Match": '"v1"'}), etag="v1")
        <Response 304>
        >>> make_not_modified(Request(headers={"If-None-Match": '"v1"'}), etag="v2") is None
        True
    """
    seconds = last_modified.timestamp() if isinstance(last_modified, datetime) else last_modified
    tag = None if etag is None else check_etag(etag)
    outcome = Preconditions.of(request.headers).evaluate(request.method, tag, seconds)
    if outcome is Outcome.FAILED:
        raise PreconditionFailedError
    if outcome is Outcome.PROCEED:
        return None
    headers = {} if tag is None else {"etag": tag}
    if seconds is not None:
        headers["last-modified"] = format_http_date(seconds)
    return Response(None, 304, headers)


def _has_changed(since: str, last_modified: float | None) -> bool:
    moment = parse_http_date(since)
    # RFC 9110 §13.1.4: a date that is none is ignored, and so is one where nobody knows.
    return moment is not None and last_modified is not None and int(last_modified) > moment.timestamp()
