"""
What a document leaves out.
"""

from dataclasses import dataclass
from typing import Annotated

from covet import CovetPy, Query
from covet.openapi import OpenAPIPlugin
from covet.openapi.hidden_defaults import hide_defaults
from covet.testing import TestClient


@dataclass
class Login:
    """A model with a default that nobody should see."""

    password: str = "hunter2"
    name: str = "ada"


async def test_a_secret_default_is_not_published() -> None:
    """Neither that of a parameter nor that of a member; others stand there, and the parameter stays optional."""
    app = CovetPy(plugins=[OpenAPIPlugin()])

    @app.post("/login")
    async def log_in(login: Login, api_key: Annotated[str, Query()] = "hunter2", page: int = 1) -> None: ...

    async with TestClient(app) as client:
        response = await client.get("/openapi.json")

    document = response.json()
    api_key, page = document["paths"]["/login"]["post"]["parameters"]
    assert (api_key["name"], "default" in api_key["schema"], api_key.get("required", False)) == (
        "api_key",
        False,
        False,
    )
    assert page["schema"]["default"] == 1
    assert document["components"]["schemas"]["Login"]["properties"]["name"]["default"] == "ada"
    assert "hunter2" not in response.text


def test_what_is_no_text_stays() -> None:
    """And nothing is changed in place."""
    document = {"properties": {"token": {"default": None}, "key": {"default": "a"}, "tokens": True}}

    assert hide_defaults(document) == {"properties": {"token": {"default": None}, "key": {}, "tokens": True}}
    assert document["properties"]["key"] == {"default": "a"}
