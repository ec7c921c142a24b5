"""
What is tried of an application.
"""

from covet import CovetPy, Request
from covet.deployment.subject import Subject
from covet.middleware import CORSMiddleware, ProxyHeadersMiddleware, SecurityHeadersMiddleware, TrustedHostMiddleware


def test_nothing_is_told_of_what_is_not_there() -> None:
    """No header, no policy, no origin that may read."""
    subject = Subject(CovetPy())

    assert (subject.headers, subject.policy, subject.may_read()) == (None, None, (False, False))
    assert (subject.answers_any_host, subject.believes_strangers, subject.is_encrypted) == (True, False, False)


def test_middleware_is_tried_without_handlers() -> None:
    """What it does tells; a subclass counts as its base."""
    calls: list[str] = []

    class OwnHeaders(SecurityHeadersMiddleware):
        pass

    app = CovetPy(
        middleware=[
            OwnHeaders(csp_policy={"default-src": ["'self'"], "script-src": ["'nonce-{nonce}'"]}),
            TrustedHostMiddleware(["example.com"]),
            ProxyHeadersMiddleware(["10.0.0.0/8", "unix"]),
            CORSMiddleware(allow_origins=["https://a.example"], allow_credentials=True),
        ]
    )

    @app.get("/")
    async def index(request: Request) -> None:
        calls.append(request.path)

    subject = Subject(app)
    assert subject.policy is not None
    assert subject.policy["default-src"] == ["'self'"]
    assert (subject.answers_any_host, subject.believes_strangers, subject.is_encrypted) == (False, False, True)
    assert (subject.may_read(), subject.may_read("https://a.example")) == ((False, False), (True, True))
    assert calls == []
