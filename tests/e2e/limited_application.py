"""
An application with a limit whose store is named by the environment, and one without.
"""

import os

from covet import CovetPy
from covet.middleware import RateLimitMiddleware

app = CovetPy()


async def tell_process() -> str:
    """Say which worker answers."""
    return str(os.getpid())


app.add_route("/process", tell_process)
app.add_route(
    "/limited",
    tell_process,
    middleware=[
        RateLimitMiddleware(
            100, 3600, store=os.environ.get("LIMIT_STORE"), name=os.environ["LIMIT_NAME"], on_store_error="refuse"
        )
    ],
)
