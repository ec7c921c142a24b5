"""
CovetPy, an async-first web framework.

The map, from the ground up; a module imports only from those that are named before it::

    error_text, text_table,         the errors and the words everything shares
    exceptions, types
    logs, options, code_writer,     mechanisms that know no HTTP
    introspection,
    class_annotations,
    sqlite_files, sqlite_threads,
    threads, deadlines, checks,
    import_paths, entry_points,
    registry,
    validation, serialization
    security                        keys, tokens, passwords: what is signed, random or hashed
    config                          settings: layers, sections, secrets
    di                              services that find each other
    events                          what happens, told to those who want to know
    sessions                        what is remembered of a client
    rate_limiting                   how often somebody may do something
    cache                           results that are kept for a while
    broadcasting                    messages to many who listen
    tasks                           work after the response
    http, responses                 the words of HTTP
    staticfiles                     directories that are served as they are
    parameters, core                what matches a request and what runs for it
    auth                            who asks, and who may
    middleware                      layers around routes
    profiling                       where requests spend their time
    server                          the servers that carry them
    plugins                         what extends an application
    deployment                      whether strangers may see it
    app                             CovetPy, the application
    database                        rows that stay: connections, transactions, models, migrations
    cache_plugin                    the caches of an application
    templating                      pages out of templates
    metrics                         how many requests there are, and how long they take
    debug                           pages that show an application to its developer
    factory                         create_app, an application of its settings
    openapi                         a description of the application, and pages that show it
    testing, cli                    the edges
"""

from typing import TYPE_CHECKING

from covet._version import __version__
from covet.app import CovetPy
from covet.factory import create_app
from covet.http.request import Request
from covet.http.response import Response
from covet.http.uploads import UploadFile
from covet.parameters import Body, Cookie, File, Form, Header, Inject, Path, Query, State

if TYPE_CHECKING:
    from covet.http.websocket import WebSocket
    from covet.http.websocket_errors import WebSocketDisconnect
else:

    def __getattr__(name: str) -> object:
        """Load what only some applications use when it is asked for: it would double the time of `import covet`."""
        if name not in ("WebSocket", "WebSocketDisconnect"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from covet.http.websocket import WebSocket
        from covet.http.websocket_errors import WebSocketDisconnect

        globals().update(WebSocket=WebSocket, WebSocketDisconnect=WebSocketDisconnect)
        return globals()[name]

    def __dir__() -> list[str]:
        """List them with the others."""
        return sorted({*globals(), *__all__})


__all__ = [
    "Body",
    "Cookie",
    "CovetPy",
    "File",
    "Form",
    "Header",
    "Inject",
    "Path",
    "Query",
    "Request",
    "Response",
    "State",
    "UploadFile",
    "WebSocket",
    "WebSocketDisconnect",
    "__version__",
    "create_app",
]
