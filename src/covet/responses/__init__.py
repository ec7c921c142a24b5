"""
The responses of the framework: JSON, HTML, text, redirects, streams and files.
"""

from covet.http.response import Response
from covet.responses.content import HTMLResponse, JSONResponse, PlainTextResponse
from covet.responses.file import FileResponse
from covet.responses.redirect import RedirectResponse
from covet.responses.streaming import StreamingResponse

__all__ = [
    "FileResponse",
    "HTMLResponse",
    "JSONResponse",
    "PlainTextResponse",
    "RedirectResponse",
    "Response",
    "StreamingResponse",
]
