"""
Accounts: register, log in by a form, be led back, make API keys, use an API with tokens, administrate.

Run it with `covet run examples.accounts.app:make_app --factory`, and open http://localhost:8000.
"""

from pathlib import Path

from covet import CovetPy, Request, create_app
from covet.auth import APIKeyAuthProvider, JWTAuthProvider, PasswordAuthProvider, SQLiteRevocations
from covet.config import Settings
from covet.config.key_ring import make_key_ring
from covet.middleware import (
    AuthenticationMiddleware,
    CORSMiddleware,
    CSRFMiddleware,
    HTTPSRedirectMiddleware,
    RateLimitMiddleware,
    SecurityHeadersMiddleware,
    SessionMiddleware,
)
from covet.rate_limiting import SQLiteRateLimitStore
from covet.security import PasswordHasher
from covet.sessions import SQLiteSessionStore
from covet.templating import TemplatesPlugin
from examples.accounts.api import api, tokens
from examples.accounts.entrance import entrance
from examples.accounts.error_pages import ErrorPages
from examples.accounts.pages import pages
from examples.accounts.store import Accounts, Database, Keys, StorageSettings

HERE = Path(__file__).parent
# The pages consist of what is here and of scripts that have their nonce, and stand in nobody's frame.
POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'nonce-{nonce}'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}


class AccountsSettings(Settings):
    """
    The settings of every application, and where this one keeps things.
    """

    storage: StorageSettings = StorageSettings()


def make_app(settings: AccountsSettings | None = None) -> CovetPy:
    settings = settings or AccountsSettings()
    folder = settings.storage.directory
    # Nobody else on the machine may look into it.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    # Around everything.
    layers = [
        SecurityHeadersMiddleware(csp_policy=POLICY),
        CORSMiddleware(
            allow_origins=settings.security.cors_allow_origins, allow_headers=["Authorization", "X-API-Key"]
        ),
        ErrorPages(),
    ]
    if settings.is_production:
        layers.append(HTTPSRedirectMiddleware())
    templates = TemplatesPlugin(directory=HERE / "templates", strict=True, context_processors=[tell_who_asks])
    app = create_app(settings, middleware=layers, plugins=[templates])
    app.static("/static", HERE / "static")

    # What is kept, and who finds out who asks.
    database = Database(folder / "accounts.db")
    app.on_startup(database.open)
    accounts, keys, hasher = Accounts(database), Keys(database), PasswordHasher()
    by_password = PasswordAuthProvider(accounts, hasher=hasher)
    # What was given away is worth no more than its account is at the moment.
    find_user = accounts.find_by_id
    by_token = JWTAuthProvider(store=SQLiteRevocations(folder / "revocations.db"), find_user=find_user)
    by_key = APIKeyAuthProvider(keys, prefix="accounts", find_user=find_user)
    for service in (accounts, keys, hasher, by_password, by_token, by_key):
        app.container.register_instance(type(service), service)

    # Pages know people by their session: what believes a cookie has to refuse what other sites send with it.
    secret_key = make_key_ring(settings, needed_for="sessions")
    browsing = [SessionMiddleware(secret_key, store=SQLiteSessionStore(folder / "sessions.db")), CSRFMiddleware()]
    # Ten attempts a minute, by the form and by the API together.
    attempts = RateLimitMiddleware(
        10,
        60,
        name="attempts",
        store=SQLiteRateLimitStore(folder / "limits.db"),
        on_store_error="refuse",
        exempt=lambda request: request.method != "POST",
    )
    app.include_router(pages, middleware=[*browsing, AuthenticationMiddleware(provider=by_password)])
    app.include_router(entrance, middleware=[*browsing, attempts])
    app.include_router(tokens, middleware=[attempts])
    app.include_router(api, middleware=[AuthenticationMiddleware(providers=[by_token, by_key])])
    return app


def tell_who_asks(request: Request) -> dict[str, object]:
    """
    Tell all pages who is logged in. Error pages may come from where nobody looked, or from the API.
    """
    is_browsing = hasattr(request.state, "session")
    return {"user": getattr(request.state, "user", None) if is_browsing else None}
