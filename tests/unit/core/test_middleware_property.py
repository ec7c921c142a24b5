"""
A search: random onions of middleware against a simple interpreter of the rules.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet import CovetPy, Request, Response
from covet.core.middleware import CallNext, Middleware
from covet.exceptions import NotFoundError
from covet.testing import TestClient

Trace = list[tuple[object, ...]]


@dataclass(frozen=True)
class HookLayer:
    """What the hooks of a layer do; `None` is a hook that is not overridden."""

    request: str | None
    response: str | None
    exception: str | None
    has_finish: bool
    is_async: bool


@dataclass(frozen=True)
class CallLayer:
    """What a function around the inside does."""

    behaviour: str


@dataclass(frozen=True)
class Onion:
    """Layers around a handler."""

    layers: tuple[HookLayer | CallLayer, ...]
    handler: str


hook_layers = st.builds(
    HookLayer,
    request=st.sampled_from([None, "pass", "pass", "pass", "answer", "raise"]),
    response=st.sampled_from([None, "pass", "pass", "replace", "raise"]),
    exception=st.sampled_from([None, None, "answer", "again", "other"]),
    has_finish=st.booleans(),
    is_async=st.booleans(),
).filter(lambda layer: layer.request or layer.response or layer.exception or layer.has_finish)
call_layers = st.builds(CallLayer, st.sampled_from(["pass", "pass", "pass", "answer", "before", "after", "twice"]))
onions = st.builds(
    Onion,
    layers=st.lists(st.one_of(hook_layers, hook_layers, call_layers), max_size=24).map(tuple),
    handler=st.sampled_from(["return", "raise", "missing"]),
)


# ── The rules, written down once more ────────────────────────────────────────


class ModelError(Exception):
    """An error in the interpreter; its text is all that matters."""


class Interpreter:
    """Say what an onion does, one rule after the other, as slowly as need be."""

    def __init__(self, onion: Onion) -> None:
        self.onion = onion
        self.trace: Trace = []
        self.entered: list[int] = []

    def run(self) -> str:
        """Run the whole onion, and give the name of the response that leaves it."""
        name = self.inside(0)
        for index in reversed(self.entered):
            layer = self.onion.layers[index]
            if isinstance(layer, HookLayer) and layer.has_finish:
                self.trace.append((index, "finish", name))
        return name

    def inside(self, index: int) -> str:
        """Run what is inside of `index` layers: always a response."""
        try:
            if index == len(self.onion.layers):
                return self.handle()
            self.entered.append(index)
            layer = self.onion.layers[index]
            return self.go_around(index, layer) if isinstance(layer, CallLayer) else self.hook(index, layer)
        except ModelError as exc:
            return self.answer(index, str(exc))

    def handle(self) -> str:
        """Run the handler."""
        self.trace.append(("handler",))
        if self.onion.handler == "return":
            return "handler"
        raise ModelError(self.onion.handler)

    def hook(self, index: int, layer: HookLayer) -> str:
        """Run the hooks of a layer around its inside."""
        name = None
        if layer.request is not None:
            self.trace.append((index, "request"))
            if layer.request == "raise":
                raise ModelError(f"request {index}")
            name = f"answer {index}" if layer.request == "answer" else None
        if name is None:
            name = self.inside(index + 1)
        if layer.response is not None:
            self.trace.append((index, "response", name))
            if layer.response == "raise":
                raise ModelError(f"response {index}")
            name = f"replaced {index}" if layer.response == "replace" else name
        return name

    def go_around(self, index: int, layer: CallLayer) -> str:
        """Run a function around its inside."""
        self.trace.append((index, "call"))
        if layer.behaviour == "answer":
            return f"answer {index}"
        if layer.behaviour == "before":
            raise ModelError(f"before {index}")
        name = self.inside(index + 1)
        self.trace.append((index, "back", name))
        if layer.behaviour == "after":
            raise ModelError(f"after {index}")
        if layer.behaviour == "twice":
            raise ModelError(f"layer_{index} called call_next twice for one request.")
        return name

    def answer(self, depth: int, error: str) -> str:
        """Ask the layers outside, the innermost first; at last the framework answers."""
        for index in reversed(range(depth)):
            layer = self.onion.layers[index]
            if not isinstance(layer, HookLayer) or layer.exception is None:
                continue
            self.trace.append((index, "exception", error))
            if layer.exception == "answer":
                return f"handled {index}"
            if layer.exception == "other":
                error = f"other {index}"
        return "404" if error == "missing" else "500"


# ── The same, for the application ────────────────────────────────────────────


def name_of(response: Response | None) -> str:
    """Name a response: what was noted on it, or its status."""
    if response is None:
        return "none"
    return response.headers.get("x-name") or str(response.status_code)


def make_response(name: str) -> Response:
    """Make a response of that name."""
    return Response(name, headers={"x-name": name})


def make_hooks(index: int, layer: HookLayer, trace: Trace) -> dict[str, Callable[..., Any]]:
    """Make the functions that a layer overrides."""

    def process_request(self: object, request: Request) -> Response | None:
        trace.append((index, "request"))
        if layer.request == "raise":
            raise ValueError(f"request {index}")
        return make_response(f"answer {index}") if layer.request == "answer" else None

    def process_response(self: object, request: Request, response: Response) -> Response:
        trace.append((index, "response", name_of(response)))
        if layer.response == "raise":
            raise ValueError(f"response {index}")
        return make_response(f"replaced {index}") if layer.response == "replace" else response

    def handle_exception(self: object, request: Request, exc: Exception) -> Response:
        trace.append((index, "exception", str(exc)))
        if layer.exception == "answer":
            return make_response(f"handled {index}")
        raise ValueError(f"other {index}") if layer.exception == "other" else exc

    def on_finish(self: object, request: Request, response: Response | None, error: BaseException | None) -> None:
        trace.append((index, "finish", name_of(response)))

    functions: dict[str, Callable[..., Any]] = {}
    for function, is_there in (
        (process_request, layer.request is not None),
        (process_response, layer.response is not None),
        (handle_exception, layer.exception is not None),
        (on_finish, layer.has_finish),
    ):
        if is_there:
            functions[function.__name__] = make_async(function) if layer.is_async else function
    return functions


def make_async(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a coroutine function of a plain one."""

    async def wrapper(*args: Any) -> Any:
        return function(*args)

    return wrapper


def make_layer(index: int, layer: HookLayer | CallLayer, trace: Trace) -> object:
    """Make the middleware that does what is described."""
    if isinstance(layer, HookLayer):
        return type(f"Layer{index}", (Middleware,), make_hooks(index, layer, trace))()

    async def go_around(request: Request, call_next: CallNext) -> Response:
        trace.append((index, "call"))
        if layer.behaviour == "answer":
            return make_response(f"answer {index}")
        if layer.behaviour == "before":
            raise ValueError(f"before {index}")
        response = await call_next(request)
        trace.append((index, "back", name_of(response)))
        if layer.behaviour == "after":
            raise ValueError(f"after {index}")
        if layer.behaviour == "twice":
            return await call_next(request)
        return response

    go_around.__name__ = go_around.__qualname__ = f"layer_{index}"
    return go_around


def make_app(onion: Onion, trace: Trace) -> CovetPy:
    """Make an application with one route in the middle of the onion."""
    app = CovetPy(middleware=[make_layer(index, layer, trace) for index, layer in enumerate(onion.layers)])

    @app.get("/")
    async def handler() -> Response:
        trace.append(("handler",))
        if onion.handler == "raise":
            raise ValueError("raise")
        if onion.handler == "missing":
            raise NotFoundError("missing")
        return make_response("handler")

    return app


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
@given(onion=onions)
async def test_an_onion_does_what_the_rules_say(protocol: Any, onion: Onion) -> None:
    """Hook after hook in the same order, with the same responses and errors, and the same answer in the end."""
    trace: Trace = []
    model = Interpreter(onion)

    expected = model.run()
    response = await TestClient(make_app(onion, trace), protocol=protocol, raise_app_exceptions=False).get("/")

    assert trace == model.trace
    assert response.headers.get("x-name", str(response.status_code)) == expected


@given(onion=onions)
def test_the_rules_give_every_entered_layer_one_outcome(onion: Onion) -> None:
    """The interpreter itself keeps the contract: one response for each layer that was entered and did not fail."""
    model = Interpreter(onion)

    model.run()

    for index, layer in enumerate(onion.layers):
        seen = [event for event in model.trace if event[0] == index]
        assert sum(event[1] == "response" for event in seen) <= 1
        if isinstance(layer, HookLayer) and layer.response is not None and layer.request != "raise":
            assert sum(event[1] == "response" for event in seen) == (index in model.entered)
        finishes = sum(event[1] == "finish" for event in seen)
        assert finishes == (index in model.entered and isinstance(layer, HookLayer) and layer.has_finish)
