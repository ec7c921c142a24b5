"""
The responses of the framework: JSON, HTML, text, redirects, files, and streams of bytes, events and lines.
"""

from covet.http.response import Response
from covet.responses.content import HTMLResponse, JSONResponse, PlainTextResponse
from covet.responses.event_stream import EventStream
from covet.responses.file import FileResponse
from covet.responses.json_lines import JSONLines
from covet.responses.redirect import RedirectResponse
from covet.responses.server_sent_event import ServerSentEvent
from covet.responses.streaming import StreamingResponse

__all__ = [
    "EventStream",
    "FileResponse",
    "HTMLResponse",
    "JSONLines",
    "JSONResponse",
    "PlainTextResponse",
    "RedirectResponse",
    "Response",
    "ServerSentEvent",
    "StreamingResponse",
]
