"""
An application that serves files, for real servers; the directory is named by `FILES`.
"""

import os
from pathlib import Path

from covet import CovetPy
from covet.middleware import CompressionMiddleware
from covet.responses import FileResponse

ROOT = Path(os.environ["FILES"])

app = CovetPy()
app.static("/static", ROOT, html=True)


@app.get("/file/{name}")
async def send(name: str) -> FileResponse:
    """Send a file."""
    return FileResponse(name, root=ROOT)


@app.get("/compressed/{name}", middleware=[CompressionMiddleware(codings=["gzip"])])
async def compress(name: str) -> FileResponse:
    """Send a file through the middleware."""
    return FileResponse(name, root=ROOT)


@app.get("/open")
async def count_open() -> int:
    """Count the files below the root that this process has open."""
    count = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            count += str(entry.readlink()).startswith(str(ROOT))
        except OSError:
            continue
    return count
