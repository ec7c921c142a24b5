"""
What a response says of a rate limit.

Two ways are in use: the fields of the present draft of the IETF (draft-ietf-httpapi-ratelimit-headers-11), which name
the policy, and the three of its sixth version, which many clients know.
"""

from math import ceil
from typing import Final, Literal, get_args

from covet.http.response_headers import MutableHeaders, check_header_value, make_field
from covet.rate_limiting import Decision, RateLimit

HeaderStyle = Literal["draft", "classic", "both", "none"]
HEADER_STYLES: Final[tuple[HeaderStyle, ...]] = get_args(HeaderStyle)

_POLICY: Final = "ratelimit-policy"
_REMAINING: Final = "ratelimit-remaining"


class RateLimitHeaders:
    """
    Write the headers of one limit; several limits around one handler are listed beside each other.

    Args:
        name: What the limit is called.
        limit: The limit.
        style: Which headers are meant.

    Example:
        >>> from covet import Response
        >>> response = Response()
        >>> RateLimitHeaders("default", RateLimit(100, 60), "draft").write(
        ...     response.headers, Decision(True, 100, 99, 60.0, 0.0)
        ... )
        >>> response.headers["ratelimit-policy"], response.headers["ratelimit"]
        ('"default";q=100;w=60', '"default";r=99;t=60')
    """

    __slots__ = ("_is_classic", "_is_draft", "_name", "_policy")

    def __init__(self, name: str, limit: RateLimit, style: HeaderStyle) -> None:
        self._is_draft = style in {"draft", "both"}
        self._is_classic = style in {"classic", "both"}
        self._name = f'"{name}"'
        # What a bucket saves up is what it gives in the time that it takes to fill.
        window = limit.period * limit.capacity / limit.calls
        policy = f"{self._name};q={limit.capacity};w={max(ceil(window), 1)}"
        self._policy = make_field(_POLICY, check_header_value(_POLICY, policy))

    def write(self, headers: MutableHeaders, decision: Decision) -> None:
        """Write what was decided."""
        # PERF: taken apart at once: each attribute of a named tuple costs as much (benchmarks/production.py).
        _, limit, remaining, reset_after, _ = decision
        reset = ceil(reset_after)
        if self._is_draft:
            # A checked name and two numbers.
            text = f"{self._name};r={remaining};t={reset}"
            headers.append_fields(self._policy, (("ratelimit", text), (b"ratelimit", text.encode())))
        if self._is_classic:
            inner = headers.get(_REMAINING, "")
            # Of several limits the one that leaves the least is the one to mind.
            if not inner.isdecimal() or int(inner) > remaining:
                headers["ratelimit-limit"] = str(limit)
                headers[_REMAINING] = str(remaining)
                headers["ratelimit-reset"] = str(reset)


__all__ = ["HEADER_STYLES", "HeaderStyle", "RateLimitHeaders"]
