"""
Serve the directory that BENCHMARK_FILES names, with CovetPy and with its peers; each is made when it is asked for.
"""

import os
from typing import Any

PREFIX = "/static"


def make_covet(directory: str) -> Any:
    """
    Serve it with `app.static()`.
    """
    from covet import CovetPy

    app = CovetPy()
    app.static(PREFIX, directory)
    return app


def make_starlette(directory: str) -> Any:
    """
    Serve it with Starlette's mount.
    """
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    return Starlette(routes=[Mount(PREFIX, StaticFiles(directory=directory))])


def make_falcon(directory: str) -> Any:
    """
    Serve it with Falcon's static route.
    """
    import falcon.asgi

    app = falcon.asgi.App()
    app.add_static_route(PREFIX, directory)
    return app


class RawFiles:
    """
    Serve it by hand: the server's own mount answers before this does.
    """

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        protocol.response_empty(404, [])


def make_granian(_directory: str) -> Any:
    """
    Leave it to the server.
    """
    return RawFiles()


MAKERS = {"covet": make_covet, "starlette": make_starlette, "falcon": make_falcon, "granian": make_granian}


def __getattr__(name: str) -> Any:
    if name in MAKERS:
        return MAKERS[name](os.environ["BENCHMARK_FILES"])
    raise AttributeError(name)
