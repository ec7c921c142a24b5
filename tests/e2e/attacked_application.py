"""
An application with room for large bodies, for the tests of what they cost others.
"""

from covet import CovetPy, Request

app = CovetPy(body_limit=64 * 1024 * 1024)


@app.get("/ok")
async def ok() -> str:
    """Answer somebody else."""
    return "ok"


@app.post("/form")
async def read_form(request: Request) -> int:
    """Read a form."""
    return len((await request.form()).multi_items())


@app.post("/limited", body_limit=1024 * 1024)
async def read_limited(request: Request) -> int:
    """Read a body within the usual limit."""
    return len(await request.body())


@app.post("/lines")
async def count_lines(request: Request) -> int:
    """Count the lines of a body."""
    return sum([chunk.count(b"\n") async for chunk in request.stream()])
