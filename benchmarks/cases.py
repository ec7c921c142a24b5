"""
Define the requests that every application is measured with, and the answers that all of them must give.
"""

import json
from dataclasses import dataclass

GREETING = "Hello, world!"
ITEM: dict[str, object] = {"name": "Widget", "price": 9.5, "quantity": 3, "in_stock": True}


@dataclass(frozen=True)
class Case:
    """
    Describe one request and the content of its answer.
    """

    name: str
    method: str
    path: str
    expected: object
    body: bytes = b""
    status: int = 200

    def matches(self, status: int, content: bytes) -> bool:
        """
        Say whether an answer has the expected status and content (JSON is compared as values, not as spelling).
        """
        if status != self.status:
            return False
        if isinstance(self.expected, str):
            return content.decode() == self.expected
        try:
            return bool(json.loads(content) == self.expected)
        except ValueError:
            return False


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("plain", "GET", "/", GREETING),
        Case("json", "GET", "/json", {"message": GREETING}),
        Case("param", "GET", "/users/42", {"user_id": 42}),
        Case("post", "POST", "/items", ITEM, json.dumps(ITEM, separators=(",", ":")).encode()),
    )
}

HOST = "127.0.0.1:8000"
GET_HEADERS: list[tuple[bytes, bytes]] = [
    (b"host", HOST.encode()),
    (b"user-agent", b"wrk/4.2"),
    (b"accept", b"*/*"),
    (b"connection", b"keep-alive"),
]


def request_headers(case: Case) -> list[tuple[bytes, bytes]]:
    """
    Return the headers that a client sends with a case.
    """
    if not case.body:
        return list(GET_HEADERS)
    return [
        *GET_HEADERS,
        (b"content-type", b"application/json"),
        (b"content-length", str(len(case.body)).encode()),
    ]
