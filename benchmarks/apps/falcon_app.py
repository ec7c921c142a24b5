"""
Answer the four cases with Falcon's ASGI application. It validates no bodies itself: msgspec does, as its recipe shows.
"""

from typing import Any

import falcon
import falcon.asgi
import falcon.media
import msgspec

from benchmarks.apps.models import Item
from benchmarks.cases import GREETING


class Plain:
    """
    Answer text.
    """

    async def on_get(self, req: Any, resp: Any) -> None:
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = GREETING


class Json:
    """
    Answer a dictionary.
    """

    async def on_get(self, req: Any, resp: Any) -> None:
        resp.media = {"message": GREETING}


class User:
    """
    Answer with the path parameter, converted by the route.
    """

    async def on_get(self, req: Any, resp: Any, id: int) -> None:  # noqa: A002 - the case names its parameter so
        resp.media = {"user_id": id}


class Items:
    """
    Answer with the validated body.
    """

    async def on_post(self, req: Any, resp: Any) -> None:
        try:
            item = msgspec.convert(await req.get_media(), Item)
        except msgspec.ValidationError as exc:
            raise falcon.HTTPUnprocessableEntity(description=str(exc)) from exc
        resp.media = item


json_handler = falcon.media.JSONHandler(dumps=msgspec.json.encode, loads=msgspec.json.decode)

app = falcon.asgi.App()
app.req_options.media_handlers.update({falcon.MEDIA_JSON: json_handler})
app.resp_options.media_handlers.update({falcon.MEDIA_JSON: json_handler})
app.add_route("/", Plain())
app.add_route("/json", Json())
app.add_route("/users/{id:int}", User())
app.add_route("/items", Items())
