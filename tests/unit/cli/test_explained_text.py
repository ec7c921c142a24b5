"""
The whole text, and the whole JSON, of an explanation.
"""

import json
from pathlib import Path

from click.testing import CliRunner

from covet.cli.commands import covet
from covet.cli.explained_request import ExplainedRequest
from covet.cli.explained_text import make_plain, write_text

SCHEMA = (
    '{"$ref": "#/$defs/User", "$defs": {"User": {"title": "User", "type": "object", "properties": '
    '{"id": {"type": "integer"}, "name": {"type": "string"}}, "required": ["id", "name"]}}}'
)


def call(*arguments: str) -> str:
    """Call the command in this process; returns its output."""
    return CliRunner().invoke(covet, ["explain", *arguments]).stdout


def test_text_shows_everything(composed: Path) -> None:
    """In the order in which it happens to the request."""
    text = call("GET", "/users/7", "composed:app")

    assert (
        text
        == """\
GET /users/7 → 200
  composed:show_user ({place}/composed.py:57) answers.

route
  GET /users/{user_id:int}, named show_user

middleware, the outermost first
  NAME                  HOOKS
  composed:Timing       process_request, handle_exception, on_finish
  composed:require_key  __call__

arguments
  NAME       SOURCE    ON THE WIRE  TYPE    DEFAULT      CONSTRAINTS           VALUE
  user_id    path      user_id      int     has to come  -                     7
  orders     injected  -            Orders  -            -                     -
  page       query     page         int     1            minimum 1, maximum 9  1
  api_token  query     api_token    str     **********   -                     **********

services
  GET /users/{user_id:int} (composed.show_user), {place}/composed.py:57
  └─> orders: Orders (scoped)
      └─> database: Database (singleton)

limits
  time     5 s
  body     at most 1048576 bytes, at least 240 bytes/s after 5 s
  handler  runs on the event loop

errors are answered by
  ERROR              HANDLER                OF
  status 410         composed:on_gone       route
  KeyError           composed:on_key_error  application
  every other error  composed:Timing        middleware
  the rest           a problem (RFC 9457)   framework

response
  200, application/json or application/msgpack, User
  {schema}
""".replace("{place}", composed.name).replace("{schema}", SCHEMA)
    )


def test_other_limits_are_written(composed: Path) -> None:
    """No limit, and what happens when the client leaves."""
    text = call("DELETE", "/users/7", "composed:app")

    assert "  time     none\n  body     any size, at least 240 bytes/s after 5 s\n" in text
    assert "  handler  runs on the event loop, is cancelled when the client leaves\n" in text
    assert text.endswith("response\n  204, None: there is no body\n")


def test_body_and_free_arguments_have_no_constraints(composed: Path) -> None:
    """A model's schema is too long for a column; the request itself is there anyhow."""
    text = call("POST", "/users", "composed:app")

    assert "  user     body     -            User     has to come  -            -\n" in text
    assert "  request  request  -            Request  -            -            -\n" in text


def test_mounted_application_is_shown_below(composed: Path) -> None:
    """Indented."""
    text = call("GET", "/inner/inside", "composed:app")

    assert "mounted at /inner, answers" in text
    assert "\nthere\n  GET /inside → 200\n    composed:inside (" in text


def test_json_has_the_same(composed: Path) -> None:
    """For programs."""
    explained = json.loads(call("GET", "/users/7", "composed:app", "--json"))

    assert explained["route"] == {
        "path": "/users/{user_id:int}",
        "methods": ["GET"],
        "name": "show_user",
        "tags": ["users"],
    }
    assert explained["middleware"][1] == {"name": "composed:require_key", "hooks": ["__call__"]}
    assert explained["arguments"][2]["schema"] == {"type": "integer", "minimum": 1, "maximum": 9}
    assert explained["services"][0]["needs"] == [{"parameter": "orders", "service": "Orders", "is_late": False}]
    assert explained["limits"]["timeout"] == 5
    assert explained["exception_handlers"][0]["level"] == "route"
    assert explained["response"]["type"] == "User"
    assert explained["mounted"] is None


def test_wrappers_stand_before_the_middleware() -> None:
    """They see the request first."""
    explained = ExplainedRequest("GET", "/", 200, "It answers.", wrappers=("main:wrap",))

    assert "\nraw ASGI middleware around everything\n  main:wrap" in write_text(explained)
    assert make_plain(explained)["wrappers"] == ["main:wrap"]


def test_bare_explanation_is_two_lines() -> None:
    """What is not there has no heading."""
    explained = ExplainedRequest("GET", "/", 404, "No route has this path.", hints=("Did you mean '/a'?",))

    assert write_text(explained) == "GET / → 404\n  No route has this path.\n  Did you mean '/a'?"
    assert make_plain(explained)["route"] is None
