"""
Do by hand, in one pass over the headers, what the middleware of a service in production does: the least that it costs.

Nobody composes software this way: it knows its three paths, and nothing of it can be taken out or put elsewhere.
"""

import hmac
import os
from typing import Any

import msgspec

from benchmarks.apps.five import Windows, make_request_id
from benchmarks.apps.models import Item
from benchmarks.apps.production import HOST, PARTNER, PROXY, SECRET
from benchmarks.apps.raw_asgi import read_body, run_lifespan
from benchmarks.cases import GREETING

encode = msgspec.json.encode
decode_item = msgspec.json.Decoder(Item).decode
windows = Windows()
sessions: dict[bytes, dict[str, str]] = {}

KEY = SECRET.encode()
COOKIE = b"__Host-session"
RAW_HOST = HOST.encode()
RAW_PARTNER = PARTNER.encode()
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
JSON_TYPE = (b"content-type", b"application/json")
VARY = (b"vary", b"Origin, Cookie")
PRIVATE = (b"cache-control", b"private")
POLICY = (b"ratelimit-policy", b'"default";q=1000000000;w=60')
CONSTANT = [
    (b"x-content-type-options", b"nosniff"),
    (
        b"content-security-policy",
        b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-frame-options", b"DENY"),
    (
        b"permissions-policy",
        b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
]
SECURE = [*CONSTANT, (b"strict-transport-security", b"max-age=31536000")]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """
    Look at the headers once, find the session, count the client, and write all headers of the answer at once.
    """
    if scope["type"] == "lifespan":
        await run_lifespan(receive, send)
        return
    host = origin = cookies = said_for = said_scheme = given_id = None
    for name, value in scope["headers"]:
        if name == b"host":
            host = value
        elif name == b"origin":
            origin = value
        elif name == b"cookie":
            cookies = value
        elif name == b"x-forwarded-for":
            said_for = value
        elif name == b"x-forwarded-proto":
            said_scheme = value
        elif name == b"x-request-id":
            given_id = value
    client, scheme, method = scope["client"][0], scope["scheme"].encode(), scope["method"]
    if client == PROXY:
        client = client if said_for is None else said_for.rpartition(b",")[2].strip().decode("latin-1")
        scheme = said_scheme or scheme
    request_id = scope["state"]["request_id"] = given_id or make_request_id().encode()
    headers = (SECURE if scheme == b"https" else CONSTANT).copy()
    headers += ((b"x-request-id", request_id), JSON_TYPE, VARY)
    if origin == RAW_PARTNER:
        headers.append((b"access-control-allow-origin", origin))
    left = windows.take(client)
    if host != RAW_HOST or left < 0 or (method not in SAFE and origin != scheme + b"://" + host):
        status, body = 429 if left < 0 else 403, b'{"error":"refused"}'
    else:
        headers += (POLICY, (b"ratelimit", b'"default";r=%d;t=60' % left))
        session = None if cookies is None else find_session(cookies)
        if session is not None:
            headers.append(PRIVATE)
        status, body = await answer(scope["path"], session, receive, headers)
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def find_session(cookies: bytes) -> dict[str, str] | None:
    """
    Find the cookie of the session, see that it was signed here, and give what was kept for its id.
    """
    for pair in cookies.split(b"; "):
        name, _, value = pair.partition(b"=")
        if name == COOKIE:
            session_id, _, signature = value.partition(b".")
            if hmac.compare_digest(sign(session_id), signature):
                return sessions.get(session_id)
    return None


def sign(session_id: bytes) -> bytes:
    """
    Sign the id of a session.
    """
    return hmac.digest(KEY, session_id, "sha256").hex().encode()


async def answer(path: str, session: dict[str, str] | None, receive: Any, headers: Any) -> tuple[int, bytes]:
    """
    Answer the three paths.
    """
    if path == "/me" and session is not None:
        return 200, encode({"message": session["greeting"]})
    if path == "/mine" and session is not None:
        if session["greeting"] != GREETING:
            raise ValueError("This is another session.")
        return 200, encode(decode_item(await read_body(receive)))
    if path == "/begin":
        session_id = os.urandom(32).hex().encode()
        sessions[session_id] = {"greeting": GREETING}
        cookie = COOKIE + b"=" + session_id + b"." + sign(session_id) + b"; Path=/; Secure; HttpOnly; SameSite=Lax"
        headers.append((b"set-cookie", cookie))
        return 200, b"{}"
    return 404, b'{"error":"not found"}'
