"""
Define the requests that every application is measured with, and the answers that all of them must give.
"""

import json
import os
from dataclasses import dataclass

GREETING = "Hello, world!"
HOST = "127.0.0.1:8000"
SERVER = ("127.0.0.1", 8000)
CLIENT = ("127.0.0.1", 54321)
GET_HEADERS: list[tuple[bytes, bytes]] = [
    (b"host", HOST.encode()),
    (b"user-agent", b"wrk/4.2"),
    (b"accept", b"*/*"),
    (b"connection", b"keep-alive"),
]
ITEM: dict[str, object] = {"name": "Widget", "price": 9.5, "quantity": 3, "in_stock": True}


class WrongAnswerError(Exception):
    """
    Report an application that does not give the answer of the case.
    """


@dataclass(frozen=True)
class Answer:
    """
    Hold what came back: header names in lower case.
    """

    status: int
    content: bytes
    headers: list[tuple[str, str]]


@dataclass(frozen=True)
class Case:
    """
    Describe one request and the content of its answer; `expected=None` takes any content, a function looks at it.

    `first` is a path that is asked for once before: its cookies, and the headers that its JSON names, are sent along.
    """

    name: str
    method: str
    path: str
    expected: object
    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()
    first: str = ""

    def matches(self, status: int, content: bytes) -> bool:
        """
        Say whether an answer has the expected status and content (JSON is compared as values, not as spelling).
        """
        if status != self.status:
            return False
        if self.expected is None:
            return True
        if isinstance(self.expected, str):
            return content.decode() == self.expected
        try:
            if callable(self.expected):
                return bool(self.expected(content))
            return bool(json.loads(content) == self.expected)
        except (ValueError, LookupError, TypeError):
            return False

    def check(self, answer: Answer) -> Answer:
        """
        Return the answer if it is that of the case; raise otherwise.
        """
        if self.matches(answer.status, answer.content):
            return answer
        raise WrongAnswerError(
            f"{self.name}: expected {self.status} {self.expected!r}, got {answer.status} {answer.content[:200]!r}"
        )


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("plain", "GET", "/", GREETING),
        Case("json", "GET", "/json", {"message": GREETING}),
        Case("param", "GET", "/users/42", {"user_id": 42}),
        Case("post", "POST", "/items", ITEM, json.dumps(ITEM, separators=(",", ":")).encode()),
    )
}

# The json case as a browser asks for it, across origins: what CORS and compression have to look at.
MIDDLEWARE_CASE = Case(
    "middleware",
    "GET",
    "/json",
    {"message": GREETING},
    headers=((b"origin", b"https://example.com"), (b"accept-encoding", b"gzip, deflate, br")),
)

# What a proxy that ends TLS passes on of a browser's request.
PROXIED: tuple[tuple[bytes, bytes], ...] = (
    (b"host", b"example.com"),
    (b"x-forwarded-for", b"192.0.2.1"),
    (b"x-forwarded-proto", b"https"),
)

# The json and the post case for somebody who is known: the answer has what the session says, and the POST says where
# it comes from.
PRODUCTION_CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("production-get", "GET", "/me", {"message": GREETING}, headers=PROXIED, first="/begin"),
        Case(
            *("production-post", "POST", "/mine", ITEM, CASES["post"].body),
            headers=(*PROXIED, (b"origin", b"https://example.com")),
            first="/begin",
        ),
    )
}


def route_cases(count: int) -> dict[str, Case]:
    """
    Return the first, the last and a missing path of the application with `count` routes.
    """
    return {
        "first": Case("first", "GET", "/group0/users/7", {"user_id": 7}),
        "last": Case("last", "GET", f"/group{count - 1}/users/7", {"user_id": 7}),
        "missing": Case("missing", "GET", f"/group{count}/users/7", None, status=404),
    }


ROUTE_COUNT = int(os.environ.get("BENCHMARK_ROUTES", "10"))
ALL_CASES: dict[str, Case] = (
    CASES | {MIDDLEWARE_CASE.name: MIDDLEWARE_CASE} | PRODUCTION_CASES | route_cases(ROUTE_COUNT)
)


def request_headers(case: Case) -> list[tuple[bytes, bytes]]:
    """
    Return the headers that a client sends with a case.
    """
    own = {name for name, _ in case.headers}
    headers = [*(pair for pair in GET_HEADERS if pair[0] not in own), *case.headers]
    if not case.body:
        return headers
    return [
        *headers,
        (b"content-type", b"application/json"),
        (b"content-length", str(len(case.body)).encode()),
    ]
