"""
Answer as somebody who is known, with CovetPy behind the middleware of a service in production, all of it built in.
"""

from benchmarks.apps.models import Item
from benchmarks.apps.production import HOST, PARTNER, PROXY, REQUEST_LIMIT, SECRET, WINDOW
from benchmarks.cases import GREETING
from covet import CovetPy
from covet.middleware import (
    CORSMiddleware,
    CSRFMiddleware,
    ProxyHeadersMiddleware,
    RateLimitMiddleware,
    RequestIDMiddleware,
    SecurityHeadersMiddleware,
    SessionMiddleware,
    TrustedHostMiddleware,
)
from covet.sessions import Session

app = CovetPy(
    middleware=[
        TrustedHostMiddleware([HOST]),
        ProxyHeadersMiddleware([PROXY]),
        RequestIDMiddleware(),
        SecurityHeadersMiddleware(),
        CORSMiddleware(allow_origins=[PARTNER]),
        SessionMiddleware(secret_key=SECRET),
        CSRFMiddleware(),
        RateLimitMiddleware(calls=REQUEST_LIMIT, period=WINDOW),
    ]
)


@app.get("/begin")
async def begin(session: Session) -> dict[str, str]:
    """
    Begin the session; nothing but its cookie is to be sent along.
    """
    session["greeting"] = GREETING
    return {}


@app.get("/me")
async def read(session: Session) -> dict[str, str]:
    """
    Answer with what the session has.
    """
    return {"message": session["greeting"]}


@app.post("/mine")
async def create(item: Item, session: Session) -> Item:
    """
    Answer with the validated body, if the session has what it has to have.
    """
    if session["greeting"] != GREETING:
        raise ValueError("This is another session.")
    return item
