"""
Middleware in order, around a handler of a test.
"""

import pytest

from covet.core.middleware import Middleware
from covet.core.pipeline import MiddlewarePipeline
from covet.exceptions import ConfigurationError, NotFoundError
from covet.http.request import Request
from covet.http.response import Response


class Recorder(Middleware):
    """Note every hook that runs."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.name = name
        self.log = log

    def process_request(self, request: Request) -> None:
        """Note the way in."""
        self.log.append(f"{self.name} in")

    def process_response(self, request: Request, response: Response) -> Response:
        """Note the status on the way out."""
        self.log.append(f"{self.name} {response.status_code}")
        return response

    def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
        """Note the end."""
        self.log.append(f"{self.name} end {error!r}")


async def test_one_chain_is_never_shared_by_two_handlers() -> None:
    """Known defect: the first handler's chain answered for all of them."""
    pipeline = MiddlewarePipeline()

    async def one(request: Request) -> Response:
        return Response("one")

    async def two(request: Request) -> Response:
        return Response("two")

    bodies = [(await pipeline.execute(Request(), handler)).body for handler in (one, two)]

    assert bodies == [b"one", b"two"]


def test_priority_orders_and_ties_keep_their_order() -> None:
    """Lower is further out; equal priorities keep the order of their adding."""
    log: list[str] = []
    first, second, third = (Recorder(name, log) for name in "abc")
    pipeline = MiddlewarePipeline()

    pipeline.add(first)
    pipeline.add(second)
    pipeline.add(third, priority=10)

    assert pipeline.layers == (third, first, second)
    assert len(pipeline) == 3


@pytest.mark.parametrize(("error", "status"), [(NotFoundError(), 404), (KeyError("x"), 500), (SystemExit(), 500)])
async def test_an_error_leaves_as_a_response(error: BaseException, status: int) -> None:
    """Every layer that was entered sees it, as in the application."""
    log: list[str] = []

    async def handler(request: Request) -> Response:
        raise error

    response = await MiddlewarePipeline([Recorder("a", log), Recorder("b", log)]).execute(Request(), handler)

    assert response.status_code == status
    assert log == ["a in", "b in", f"b {status}", f"a {status}", "b end None", "a end None"]


@pytest.mark.parametrize("result", [Response("alone"), "alone"], ids=["response", "text"])
async def test_a_pipeline_without_layers_answers(result: Response) -> None:
    """There is nothing around the handler then."""

    async def handler(request: Request) -> Response:
        return result

    assert (await MiddlewarePipeline().execute(Request(), handler)).body == b"alone"


@pytest.mark.parametrize("priority", ["1", 1.5, True])
def test_a_priority_is_an_integer(priority: object) -> None:
    """It is said where the layer is added."""
    with pytest.raises(ConfigurationError, match=r"The priority of a middleware must be an integer, got"):
        MiddlewarePipeline().add(Recorder("a", []), priority=priority)  # type: ignore[arg-type]
