"""
The words of HTTP: headers, cookies, URLs, queries, forms, requests and responses.

Nothing in here knows a route or an application.
"""

from covet.http.body import BodyLimits
from covet.http.headers import Headers
from covet.http.query import QueryParams
from covet.http.request import Request
from covet.http.response import Response
from covet.http.response_headers import MutableHeaders
from covet.http.state import State
from covet.http.uploads import UploadFile
from covet.http.urls import URL

__all__ = [
    "URL",
    "BodyLimits",
    "Headers",
    "MutableHeaders",
    "QueryParams",
    "Request",
    "Response",
    "State",
    "UploadFile",
]
