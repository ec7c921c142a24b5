"""
Answer the json case with CovetPy behind the five middleware that are built in, with all that they do by themselves.
"""

from benchmarks.apps.five import ALLOWED_ORIGINS, MINIMUM_SIZE, REQUEST_LIMIT, WINDOW
from benchmarks.cases import GREETING
from covet import CovetPy
from covet.middleware import (
    CORSMiddleware,
    GZipMiddleware,
    RateLimitMiddleware,
    RequestIDMiddleware,
    SecurityHeadersMiddleware,
)

app = CovetPy(
    middleware=[
        RequestIDMiddleware(),
        SecurityHeadersMiddleware(),
        CORSMiddleware(allow_origins=ALLOWED_ORIGINS),
        GZipMiddleware(minimum_size=MINIMUM_SIZE),
        RateLimitMiddleware(calls=REQUEST_LIMIT, period=WINDOW),
    ]
)


@app.get("/json")
async def json_() -> dict[str, str]:
    """
    Answer a dictionary.
    """
    return {"message": GREETING}
