"""
Policies: functions of one's own that decide who may.
"""

from typing import Any

import pytest

from covet import CovetPy, Request
from covet.auth import APIKeyAuthProvider, Principal, requires
from covet.exceptions import ConfigurationError, NotFoundError
from covet.middleware import AuthenticationMiddleware
from covet.testing import TestClient


async def ask(policy: Any) -> int:
    """Ask a policy about somebody, and give the status."""
    provider = APIKeyAuthProvider()
    app = CovetPy(middleware=[AuthenticationMiddleware(provider=provider)])

    @app.get("/", middleware=[requires(policy=policy)])
    async def index() -> str:
        return "in"

    key = await provider.create_token(Principal("7"))
    async with TestClient(app, raise_app_exceptions=False) as client:
        return (await client.get("/", headers={"X-API-Key": key})).status_code


async def test_a_plain_function_runs_in_a_thread_and_decides() -> None:
    """A coroutine function does as well; `request` needs no annotation, and defaults stay."""

    def plain(principal: Principal, limit: int = 3) -> bool:
        return principal.id == "7" and limit == 3

    async def coroutine(request) -> bool:  # type: ignore[no-untyped-def]
        return isinstance(request, Request) and request.path == "/x"

    assert (await ask(plain), await ask(coroutine), await ask(lambda: True)) == (200, 403, 200)


async def test_a_policy_may_raise_an_error_of_its_own() -> None:
    """Such as 404, where nobody is to know that there is something."""

    def hide() -> bool:
        raise NotFoundError

    assert await ask(hide) == 404


@pytest.mark.parametrize("answer", [None, 1, "yes", object()])
async def test_a_policy_that_answers_something_else_lets_nobody_in(answer: object) -> None:
    """A forgotten `return` is an error, and 500."""
    assert await ask(lambda: answer) == 500


async def test_all_policies_have_to_agree() -> None:
    """The first that does not ends it."""
    asked: list[int] = []

    def make(number: int, answer: bool) -> Any:
        def policy() -> bool:
            asked.append(number)
            return answer

        return policy

    assert await ask([make(1, True), make(2, False), make(3, True)]) == 403
    assert asked == [1, 2]


async def test_arguments_are_given_by_name() -> None:
    """One that cannot be does not start."""

    def policy(principal: Principal, /) -> bool:
        return True

    with pytest.raises(ConfigurationError, match=r"by name, 'principal' cannot be given so"):
        await ask(policy)
