"""
What stands open beside what is guarded.
"""

import pytest

from covet import CovetPy
from covet.auth import AuthProvider, BasicAuthProvider, JWTAuthProvider, MemoryUsers, allow_anyone, requires
from covet.core import CovetRouter
from covet.middleware import (
    AuthenticationMiddleware,
    CSRFMiddleware,
    SessionMiddleware,
    csrf_exempt,
)
from tests.unit.deployment.configurations import KEY, OTHER_KEY, find, make_app

BASIC = BasicAuthProvider(MemoryUsers())


async def show() -> None:
    """Answer nothing."""


def test_what_is_mounted_beside_a_guard_is_named() -> None:
    """What looks at mounted applications, too, is not."""
    app = make_app(
        AuthenticationMiddleware(provider=JWTAuthProvider(OTHER_KEY)), requires(role="admin"), CSRFMiddleware()
    )
    app.mount("/m", CovetPy())

    assert find(app)["D119"].message == (
        "requires(role='admin') of this application is not around what is mounted at '/m'."
    )


def test_what_is_mounted_with_its_own_guard_is_not() -> None:
    """Nor where there is none to be missing."""
    provider = AuthenticationMiddleware(provider=JWTAuthProvider(OTHER_KEY))
    app = make_app(provider, requires(role="admin"))
    app.mount("/m", CovetPy(middleware=[provider, requires()]))
    open_app = make_app(CSRFMiddleware())
    open_app.mount("/m", CovetPy())

    assert "D119" not in find(app)
    assert "D119" not in find(open_app)


def test_a_router_s_guard_counts() -> None:
    """Where it was lifted on purpose, production is told all the same."""
    router = CovetRouter(prefix="/a", middleware=[requires(), allow_anyone()])
    router.mount("/m", CovetPy())
    app = make_app(AuthenticationMiddleware(provider=JWTAuthProvider(OTHER_KEY)))
    app.include_router(router)

    assert find(app)["D119"].message.startswith(
        "requires() of this application is not around what is mounted at '/a/m'"
    )


@pytest.mark.parametrize(("is_checked", "is_found"), [(False, True), (True, False)])
def test_sessions_that_nothing_protects_are_found(is_checked: bool, is_found: bool) -> None:
    """One exempt route is meant; all of them are the whole protection."""
    app = make_app(SessionMiddleware(secret_key=KEY), CSRFMiddleware())
    app.add_route("/page", show)
    app.add_route("/hook", show, ["POST"], name="hook", middleware=[csrf_exempt()])
    if is_checked:
        app.add_route("/order", show, ["POST"], name="order")

    assert ("D120" in find(app)) is is_found


@pytest.mark.parametrize(
    ("provider", "extra", "is_found"),
    [
        (BASIC, [], True),
        (BASIC, [CSRFMiddleware()], False),
        (JWTAuthProvider(OTHER_KEY), [], False),
    ],
)
@pytest.mark.parametrize("is_of_route", [False, True])
def test_credentials_that_browsers_send_by_themselves_need_protection(
    provider: AuthProvider, extra: list[object], is_found: bool, is_of_route: bool
) -> None:
    """As cookies do; what only reads needs none."""
    middleware = [AuthenticationMiddleware(provider=provider), *extra]
    app = make_app(*([] if is_of_route else middleware))
    app.add_route("/page", show)
    assert "D121" not in find(app)

    app.add_route("/order", show, ["POST"], name="order", middleware=middleware if is_of_route else [])

    problem = find(app).get("D121")
    assert (problem is not None) is is_found
    if problem is not None:
        assert problem.message.startswith("BasicAuthProvider without CSRFMiddleware around POST /order: browsers send")
