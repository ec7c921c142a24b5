"""
An application that tells which requests reached it, for the tests of framing.
"""

from covet import CovetPy, Request

app = CovetPy()
seen: list[str] = []


@app.post("/take")
async def take(request: Request) -> str:
    """Read the body."""
    seen.append("/take")
    return str(len(await request.body()))


@app.get("/smuggled")
async def smuggled() -> str:
    """Be what nobody asked for."""
    seen.append("/smuggled")
    return "smuggled"


@app.get("/number/{number:int}")
async def number(number: int) -> str:
    """Answer one of many."""
    return str(number)


@app.get("/seen")
async def tell() -> list[str]:
    """Tell what was asked for since the last time."""
    told = list(seen)
    seen.clear()
    return told
