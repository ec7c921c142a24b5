"""
The responses of the framework: JSON, HTML, text, redirects and streams.
"""

from covet.http.response import Response
from covet.responses.content import HTMLResponse, JSONResponse, PlainTextResponse
from covet.responses.redirect import RedirectResponse
from covet.responses.streaming import StreamingResponse

__all__ = ["HTMLResponse", "JSONResponse", "PlainTextResponse", "RedirectResponse", "Response", "StreamingResponse"]
