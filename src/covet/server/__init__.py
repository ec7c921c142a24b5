"""
Serving an application: Granian over RSGI, or uvicorn and Hypercorn over ASGI.

- `run()` serves until a signal says stop, and drains;
- `ServerOptions` lists what can be chosen;
- `ImportTarget` finds an application by its import string.
"""

from covet.server.options import RunOptions, ServerOptions
from covet.server.running import run, serve
from covet.server.target import ImportTarget, TargetError

__all__ = ["ImportTarget", "RunOptions", "ServerOptions", "TargetError", "run", "serve"]
