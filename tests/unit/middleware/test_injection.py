"""
Tests of the container on the request.
"""

from collections.abc import Iterator

import pytest

from covet import CovetPy, Request
from covet.di import DependencyContainer, Lifetime
from covet.exceptions import ConfigurationError
from covet.middleware import DIMiddleware
from covet.testing import TestClient


class Connection:
    """Something that is closed."""


@pytest.mark.parametrize("fails", [False, True])
async def test_the_scope_of_a_request_ends_with_it(fails: bool) -> None:
    """One instance for a request, another for the next; closed on errors, too."""
    lines: list[str] = []

    def connect() -> Iterator[Connection]:
        lines.append("open")
        yield Connection()
        lines.append("close")

    container = DependencyContainer()
    container.register(Connection, factory=connect, lifetime=Lifetime.SCOPED)
    app = CovetPy(middleware=[DIMiddleware(container)])

    @app.get("/")
    async def show(request: Request) -> bool:
        state = request.state
        found = [await state.di_container.resolve(Connection, scope_id=state.di_scope_id) for _ in range(2)]
        if fails:
            raise KeyError("broken")
        return found[0] is found[1]

    async with TestClient(app, raise_app_exceptions=False) as client:
        statuses = [(await client.get("/")).status_code for _ in range(2)]

    assert statuses == [500 if fails else 200] * 2
    assert lines == ["open", "close"] * 2
    assert container.open_scopes == 0


async def test_each_request_has_a_name_of_its_own() -> None:
    """A name that came twice would hand one user's services to another."""
    app = CovetPy(middleware=[DIMiddleware(DependencyContainer())])

    @app.get("/")
    async def show(request: Request) -> str:
        return str(request.state.di_scope_id)

    async with TestClient(app) as client:
        names = {(await client.get("/")).text for _ in range(20)}

    assert len(names) == 20


def test_something_else_than_a_container_is_refused() -> None:
    """The text says what to write."""
    with pytest.raises(ConfigurationError) as caught:
        DIMiddleware("container")  # type: ignore[arg-type]

    assert str(caught.value) == (
        "DIMiddleware takes a DependencyContainer, got 'container'.\n"
        "  Write DIMiddleware(app.container), or a container of your own."
    )
