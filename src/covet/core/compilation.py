"""
What start-up needs and a running application does not: the compilers of both adapters, in one place.

The application loads this module when it compiles its first route, so that importing CovetPy stays cheap.
"""

from covet.core.asgi import compile_asgi
from covet.core.bridge import bridge_to_asgi
from covet.core.endpoint import CompiledRoute, compile_route
from covet.core.rsgi import compile_rsgi

__all__ = ["CompiledRoute", "bridge_to_asgi", "compile_asgi", "compile_route", "compile_rsgi"]
