"""
Answer as the production case is answered, behind one middleware of the stack each, with the trusted hosts around it.

The hosts are around all of them, since whoever looks into the headers first pays for all who do.
"""

from benchmarks.apps.production import HOST, PARTNER, PROXY, REQUEST_LIMIT, SECRET, WINDOW
from benchmarks.cases import GREETING
from covet import CovetPy
from covet.middleware import (
    CORSMiddleware,
    CSRFMiddleware,
    Middleware,
    ProxyHeadersMiddleware,
    RateLimitMiddleware,
    RequestIDMiddleware,
    SecurityHeadersMiddleware,
    SessionMiddleware,
    TrustedHostMiddleware,
)
from covet.sessions import Session


def make_app(*middleware: Middleware) -> CovetPy:
    """
    Make an application that answers the case without a session.
    """
    app = CovetPy(middleware=middleware)

    @app.get("/begin")
    async def begin() -> dict[str, str]:
        return {}

    @app.get("/me")
    async def read() -> dict[str, str]:
        return {"message": GREETING}

    return app


def make_session_app() -> CovetPy:
    """
    Make one whose answer is in the session.
    """
    app = CovetPy(middleware=[TrustedHostMiddleware([HOST]), SessionMiddleware(secret_key=SECRET)])

    @app.get("/begin")
    async def begin(session: Session) -> dict[str, str]:
        session["greeting"] = GREETING
        return {}

    @app.get("/me")
    async def read(session: Session) -> dict[str, str]:
        return {"message": session["greeting"]}

    return app


nothing = make_app()
hosts = make_app(TrustedHostMiddleware([HOST]))
proxies = make_app(TrustedHostMiddleware([HOST]), ProxyHeadersMiddleware([PROXY]))
request_ids = make_app(TrustedHostMiddleware([HOST]), RequestIDMiddleware())
security_headers = make_app(TrustedHostMiddleware([HOST]), SecurityHeadersMiddleware())
cors = make_app(TrustedHostMiddleware([HOST]), CORSMiddleware(allow_origins=[PARTNER]))
sessions = make_session_app()
csrf = make_app(TrustedHostMiddleware([HOST]), CSRFMiddleware())
rate_limit = make_app(TrustedHostMiddleware([HOST]), RateLimitMiddleware(calls=REQUEST_LIMIT, period=WINDOW))
