"""
The source of the onion: the layers of a route written out flat, each hook called where it stands.

An error becomes a response where it arises, so that every layer that was entered sees a response leave.
"""

from typing import Final

from covet.code_writer import CodeWriter
from covet.core.afterwards import note_failed_finish
from covet.core.call_source import CallSource
from covet.core.compiled_route import CompiledRoute
from covet.core.hook_results import settle, settle_response
from covet.core.middleware import CallNext, Layer, OnceNext
from covet.http.response import Response

# CPython allows 20 statically nested blocks; a longer onion continues in a function of its own.
_MAX_NESTED: Final = 8


def write_onion(writer: CodeWriter, compiled: CompiledRoute, call: CallSource, start: int = 0) -> None:
    """
    Write the layers from `start` inwards, and the handler in them; it leaves `response`.

    Args:
        writer: Where to write.
        compiled: The route.
        call: What writes the call of its handler.
        start: The index of the outermost layer to write.
    """
    for name, value in {"Response": Response, "OnceNext": OnceNext, "settle_response": settle_response}.items():
        writer.bind(name, value)
    _write_guarded(writer, compiled, call, start, start)


def _write_guarded(writer: CodeWriter, compiled: CompiledRoute, call: CallSource, index: int, start: int) -> None:
    with writer.block("try:"):
        _write_layer(writer, compiled, call, index, start)
    with writer.block("except BaseException as exc:"):
        if index == len(compiled.layers):
            write_failure(writer, compiled)
        writer.line(f"response = await answer(request, exc, {index})")


def write_failure(writer: CodeWriter, compiled: CompiledRoute) -> None:
    """Write the noting of an error that left the handler, for the services that want to know how it ended."""
    if compiled.scoped is not None:
        writer.line("request.failure = exc")


def _write_layer(writer: CodeWriter, compiled: CompiledRoute, call: CallSource, index: int, start: int) -> None:
    if index == len(compiled.layers):
        call.write_call("request.path_values")
        call.write_result()
        return
    if index - start >= _MAX_NESTED:
        _continue_elsewhere(writer, compiled, index)
        writer.line(f"response = await inner_{index}(request)")
        return
    layer = compiled.layers[index]
    if "on_finish" in layer.hooks:
        writer.line(f"request.entered = {index + 1}")
    title = writer.bind(f"name_{index}", layer.name)
    if layer.is_call:
        _continue_elsewhere(writer, compiled, index + 1)
        middleware = writer.bind(f"middleware_{index}", layer.middleware)
        writer.line(f"response = await {middleware}(request, OnceNext(inner_{index + 1}, {title}))")
        _write_check(writer, title, "__call__")
        return
    if "process_request" in layer.hooks:
        writer.line(f"response = {_hook(writer, layer, index, 'process_request')}(request)")
        with writer.block("if response is not None:"):
            _write_check(writer, title, "process_request")
        with writer.block("if response is None:"):
            _write_guarded(writer, compiled, call, index + 1, start)
    else:
        _write_guarded(writer, compiled, call, index + 1, start)
    if "process_response" in layer.hooks:
        writer.line(f"kept = {_hook(writer, layer, index, 'process_response')}(request, response)")
        # PERF: nearly every hook gives back what it was given, whatever its class is (benchmarks/production.py).
        with writer.block("if kept is not response:"):
            settled = _settle(title, "process_response", "kept")
            writer.line(f"response = kept if kept.__class__ is Response else await {settled}")


def write_finish(writer: CodeWriter, compiled: CompiledRoute) -> None:
    """Write what tells every layer that was entered that the exchange is over, the innermost first."""
    writer.bind("settle", settle)
    writer.bind("note_failed_finish", note_failed_finish)
    writer.line("error = request.departure or error")
    for index, layer in reversed(tuple(enumerate(compiled.layers))):
        if "on_finish" not in layer.hooks:
            continue
        with writer.block(f"if request.entered > {index}:"):
            # Whatever fails here stops no other.
            with writer.block("try:"):
                writer.line(f"finished = {_hook(writer, layer, index, 'on_finish')}(request, response, error)")
                with writer.block("if finished is not None:"):
                    writer.line("await settle(finished)")
            with writer.block("except (Exception, SystemExit, KeyboardInterrupt):"):
                writer.line(f"note_failed_finish({writer.bind(f'name_{index}', layer.name)})")


def _write_check(writer: CodeWriter, title: str, hook: str) -> None:
    # PERF: nearly every response is of this very class; one comparison instead of a call (benchmarks/onion.py).
    with writer.block("if response.__class__ is not Response:"):
        writer.line(f"response = await {_settle(title, hook)}")


def _settle(title: str, hook: str, value: str = "response") -> str:
    return f"settle_response({value}, {title}, {hook!r})"


def _hook(writer: CodeWriter, layer: Layer, index: int, hook: str) -> str:
    name = writer.bind(f"{hook}_{index}", getattr(layer.middleware, hook))
    return f"await {name}" if layer.is_async(hook) else name


def _continue_elsewhere(writer: CodeWriter, compiled: CompiledRoute, index: int) -> None:
    """Compile the layers from `index` inwards as a function of its own, `inner_<index>`."""
    writer.bind(f"inner_{index}", compile_onion(compiled, index))


def compile_onion(compiled: CompiledRoute, start: int = 0) -> CallNext:
    """
    Compile layers of a route as a function of the request.

    Args:
        compiled: The route.
        start: The index of the outermost layer.
    """
    writer = CodeWriter()
    name = f"inner_{start}"
    call = CallSource(writer, compiled)
    with writer.block(f"async def {name}(request):"):
        write_onion(writer, compiled, call, start)
        writer.line("return response")
    return writer.compile(name)
