"""
Hypercorn over ASGI: one worker in this process.

What is not driven here (several workers, reloading) is refused when it is asked for.
"""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from importlib import import_module
from typing import Any, Final

from covet._extras import find_extra, require_extra
from covet.exceptions import ConfigurationError
from covet.http.limits import MAX_HEADERS_SIZE
from covet.server.drain import begin_drain
from covet.server.logs import server_log_config
from covet.server.options import HTTPVersion, ServerOptions, StartMethod
from covet.server.worker import Job

DEFAULT_KEEP_ALIVE = 30.0
# What a message of a WebSocket may have at most while it is put together; a route's own limit is looked at behind it.
MAX_MESSAGE_SIZE = 16 * 1024 * 1024
# How long a client has to read that its message is too large, before the connection is closed.
LINGER_SECONDS = 1.0

# The name of the coroutine that runs each request.
_REQUEST: Final = "_handle"
# What Hypercorn waits longer than the requests have: those that are late are answered first.
ANSWER_SECONDS: Final = 0.25

_PROTOCOLS: dict[HTTPVersion, list[str]] = {"1": ["http/1.1"], "auto": ["h2", "http/1.1"]}


def serve(job: Job, options: ServerOptions, *, start_method: StartMethod) -> None:  # noqa: ARG001 - the drivers' shape
    """
    Serve with Hypercorn until a signal says stop.

    Raises:
        ConfigurationError: If an option is set that this driver has not.
        SystemExit: If the application could not be started.
    """
    _refuse_unsupported(options)
    hypercorn = require_extra("hypercorn", extra="hypercorn", needed_for="covet.server", library="Hypercorn")
    # Hypercorn is imported only here, so its classes have no type in this module.
    config: Any = hypercorn.Config()
    config.bind = [f"unix:{options.uds}" if options.uds is not None else options.address.partition("//")[2]]
    config.backlog = options.backlog
    config.keep_alive_timeout = options.keep_alive or DEFAULT_KEEP_ALIVE
    config.graceful_timeout = options.drain_timeout + ANSWER_SECONDS
    config.h11_max_incomplete_size = MAX_HEADERS_SIZE
    config.h2_max_header_list_size = MAX_HEADERS_SIZE
    config.websocket_max_message_size = MAX_MESSAGE_SIZE
    config.alpn_protocols = _PROTOCOLS[options.http]
    config.include_server_header = False
    config.loglevel = ("warning" if options.log_level == "info" else options.log_level).upper()
    config.accesslog = "-" if options.access_log else None
    # It takes the place of the handlers that Hypercorn makes for the two.
    config.logconfig_dict = server_log_config(
        options.log_level,
        "hypercorn.error",
        access="hypercorn.access",
        log_format=options.log_format,
        fixed=job.log_fixed,
    )
    config.certfile = str(options.tls_certificate) if options.tls_certificate is not None else None
    config.keyfile = str(options.tls_key) if options.tls_key is not None else None
    uvloop = find_extra("uvloop")
    runs = asyncio.Runner(loop_factory=uvloop.new_event_loop if uvloop is not None else None)
    with (
        _http_1_only() if options.http == "1" else nullcontext(),
        _no_compression(),
        _end_of_large_messages(),
        _end_of_unread_messages(),
        runs as runner,
    ):
        try:
            runner.run(_serve(job, config))
        except SystemExit:
            raise SystemExit(1) from None


@contextmanager
def _http_1_only() -> Iterator[None]:
    """
    Keep Hypercorn in HTTP/1.

    APPSEC: `alpn_protocols` says it for TLS. Without TLS, Hypercorn 0.18 goes over to HTTP/2 when a client begins with
    its preface or asks for `Upgrade: h2c`, and has no setting against it.
    """
    protocol = import_module("hypercorn.protocol.h11").H11Protocol
    follow_client = protocol._check_protocol  # noqa: SLF001 - the one place where it decides

    async def stay(_protocol: object, _request: object) -> None:
        return None

    protocol._check_protocol = stay  # noqa: SLF001 - as above
    try:
        yield
    finally:
        protocol._check_protocol = follow_client  # noqa: SLF001 - as above


@contextmanager
def _no_compression() -> Iterator[None]:
    """
    Keep Hypercorn from compressing the messages of WebSockets.

    APPSEC: docs/security.md, row 71: wsproto inflates what came before anybody looks at the size, and Hypercorn 0.18
    has no setting against it: a frame of 2 MB took 1.1 GB (measured).
    """
    # Any: a name that it imports is put in the place of another.
    module: Any = import_module("hypercorn.protocol.ws_stream")
    extension = import_module("wsproto.extensions").Extension
    # One that has no name is never agreed on.
    nothing = type("NoCompression", (extension,), {"name": "", "offer": lambda _self: False})
    deflate = module.PerMessageDeflate
    module.PerMessageDeflate = nothing
    try:
        yield
    finally:
        module.PerMessageDeflate = deflate


@contextmanager
def _end_of_large_messages() -> Iterator[None]:
    """
    Have Hypercorn close the connection of a message that is too large.

    APPSEC: docs/security.md, row 70: Hypercorn 0.18 says 1009, but reads on and keeps all that comes: 400 fragments
    of 1 MiB took 390 MB (measured).
    """
    # Any: methods are put in the place of others.
    module: Any = import_module("hypercorn.protocol.ws_stream")
    buffer, stream = module.WebsocketBuffer, module.WSStream
    extend, handle_events = buffer.extend, stream._handle_events  # noqa: SLF001 - the one place where it decides

    # Any: Hypercorn's buffer and stream, and an event of wsproto.
    def extend_within(self: Any, event: Any) -> None:
        try:
            extend(self, event)
        except module.FrameTooLargeError:
            self.clear()
            self.is_too_large = True
            raise

    async def end_behind(self: Any) -> None:
        await handle_events(self)
        if getattr(self.buffer, "is_too_large", False) and not self.closed:
            # Nothing is read meanwhile.
            await asyncio.sleep(LINGER_SECONDS)
            await self.send(module.StreamClosed(stream_id=self.stream_id))

    buffer.extend, stream._handle_events = extend_within, end_behind  # noqa: SLF001 - as above
    try:
        yield
    finally:
        buffer.extend, stream._handle_events = extend, handle_events  # noqa: SLF001 - as above


@contextmanager
def _end_of_unread_messages() -> Iterator[None]:
    """
    Have Hypercorn drop the messages that come when the application is done with a WebSocket.

    APPSEC: docs/security.md, row 70: the task that reads the connection of Hypercorn 0.18 waits for room among ten
    messages that nobody receives any more: it is never closed, and the stop waits for it to the end of the drain.
    """
    # Any: a method is put in the place of another.
    stream: Any = import_module("hypercorn.protocol.ws_stream").WSStream
    app_send = stream.app_send

    async def drop(_message: object) -> None:
        return None

    # Any: Hypercorn's stream.
    async def send_and_drop(self: Any, message: object) -> None:
        await app_send(self, message)
        if message is None and self.app_put is not None and self.app_put is not drop:
            # What put into the queue of this application.
            queue, self.app_put = self.app_put.__self__, drop
            while not queue.empty():
                queue.get_nowait()

    stream.app_send = send_and_drop
    try:
        yield
    finally:
        stream.app_send = app_send


async def _serve(job: Job, config: Any) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
    app = job.load_or_exit()

    async def wait_for_stop() -> None:
        await stop.wait()
        begin_drain(app, loop, request=_REQUEST, timeout=job.drain_timeout)

    lifespan_error: type[Exception] = import_module("hypercorn.utils").LifespanFailureError
    try:
        await import_module("hypercorn.asyncio").serve(app, config, shutdown_trigger=wait_for_stop, mode="asgi")
    except lifespan_error as exc:
        # The application has said what failed; the trace through Hypercorn adds nothing.
        raise job.report_failure(ConfigurationError(f"{exc}.")) from exc


def _refuse_unsupported(options: ServerOptions) -> None:
    refused = {
        f"workers={options.workers}": options.workers > 1,
        "reload=True": options.reload,
        # It answers HTTP/1 as well, whatever it is told.
        "http='2'": options.http == "2",
        "websockets=False": not options.websockets,
        "websocket_compression=True": options.websocket_compression,
        f"header_timeout={options.header_timeout}": options.header_timeout is not None,
        f"backpressure={options.backpressure}": options.backpressure is not None,
        f"start_method={options.start_method!r}": options.start_method is not None,
    }
    for option, is_refused in refused.items():
        if is_refused:
            raise ConfigurationError(
                f"Hypercorn is not driven with {option}.", hint='Leave it out, or use server="granian".'
            )
