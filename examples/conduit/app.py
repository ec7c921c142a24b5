"""
Conduit, the blogging API that RealWorld (https://realworld-docs.netlify.app) specifies.

Run it with `covet run examples.conduit.app:make_app --factory`; its description is at /docs.
"""

from pathlib import Path

from covet import CovetPy, create_app
from covet.config import Settings
from covet.core import CovetRouter
from covet.database import ForeignKeyViolationError, UniqueViolationError
from covet.database.orm import OrmPlugin
from covet.di import Lifetime
from covet.exceptions import HTTPError
from covet.middleware import AuthenticationMiddleware, CORSMiddleware, HTTPSRedirectMiddleware, Middleware
from covet.openapi import OpenAPIPlugin
from covet.security import PasswordHasher
from examples.conduit.articles import articles, comments, favorites, tags
from examples.conduit.errors import show_error, show_gone, show_taken
from examples.conduit.store import Articles, Comments, Users
from examples.conduit.tokens import Tokens
from examples.conduit.users import profiles, users

MIGRATIONS = Path(__file__).parent / "migrations"


def make_app(settings: Settings | None = None) -> CovetPy:
    settings = settings or Settings()
    database = OrmPlugin(
        # A transaction reads before it writes: on SQLite it takes the lock at its beginning, or it might lose it.
        {"sqlite_begin": "immediate"},
        url=settings.database.url or "sqlite:///conduit.db",
        repositories=[Users, Articles, Comments],
        migrations=MIGRATIONS,
    )
    layers: list[Middleware] = [
        CORSMiddleware(allow_origins=settings.security.cors_allow_origins, allow_headers=["Authorization"])
    ]
    if settings.is_production:
        layers.append(HTTPSRedirectMiddleware())
    app = create_app(settings, middleware=layers, plugins=[database, OpenAPIPlugin(title="Conduit")])
    app.container.register(PasswordHasher, lifetime=Lifetime.SINGLETON)
    tokens = Tokens()
    app.container.register_instance(Tokens, tokens)

    api = CovetRouter(prefix="/api", middleware=[AuthenticationMiddleware(provider=tokens)])
    for router in (users, profiles, articles, favorites, comments, tags):
        api.include_router(router)
    app.include_router(api)
    app.exception_handler(HTTPError)(show_error)
    api.exception_handler(UniqueViolationError)(show_taken)
    api.exception_handler(ForeignKeyViolationError)(show_gone)
    return app
