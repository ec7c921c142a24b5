"""
What guards say of themselves in documents.
"""

from covet import CovetPy
from covet.auth import APIKeyAuthProvider, JWTAuthProvider, allow_anyone, requires
from covet.core import CovetRouter
from covet.middleware import AuthenticationMiddleware
from covet.openapi import OpenAPIPlugin
from covet.openapi.plugin import find_documents

JWT = JWTAuthProvider("R9f3kLmQ27xYtWz8VbNc4HdJsPgEuKiA")


def make_document() -> dict[str, object]:
    """Describe an application with guards."""
    providers = [JWT, APIKeyAuthProvider(prefix="shop")]
    app = CovetPy(
        middleware=[AuthenticationMiddleware(providers=providers)],
        plugins=[OpenAPIPlugin(security_schemes={"own": {"type": "http", "scheme": "digest"}})],
    )
    router = CovetRouter(middleware=[requires(scope="a")])

    @router.get("/both", middleware=[requires(scope=["b", "a"], role="x")])
    async def both() -> str:
        return ""

    @router.get("/open", middleware=[allow_anyone()])
    async def opened() -> str:
        return ""

    @router.get("/own", security=["own"])
    async def own() -> str:
        return ""

    app.include_router(router)
    return find_documents(app)["openapi"].make_document()


def test_a_guarded_route_says_what_it_asks_for() -> None:
    """The schemes of the providers, the scopes of all its guards, and 401 and 403."""
    paths = make_document()["paths"]
    assert isinstance(paths, dict)
    both, opened, own = (paths[path]["get"] for path in ("/both", "/open", "/own"))

    assert both["security"] == [{"bearer": ["a", "b"]}, {"api_key": ["a", "b"]}]
    assert {"401", "403"} <= both["responses"].keys()
    assert "security" not in opened
    # Bad credentials are refused there, too.
    assert "401" in opened["responses"]
    assert "403" not in opened["responses"]
    assert own["security"] == [{"own": []}]
    assert "401" in own["responses"]


def test_the_document_has_the_schemes() -> None:
    """Those of the providers, and those that were declared."""
    components = make_document()["components"]
    assert isinstance(components, dict)

    assert components["securitySchemes"] == {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "own": {"type": "http", "scheme": "digest"},
    }
