"""
The JSON Schema of configuration files.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

import jsonschema  # type: ignore[import-untyped]
import pytest

from covet.config import ByteSize, Duration, Secret, Settings, Sources
from covet.config.json_schema import make_settings_schema
from covet.validation import Constraints

SCHEMA = Settings.json_schema()


@dataclass(frozen=True, kw_only=True)
class Mail:
    """
    How mail is sent.

    Attributes:
        host: The server.
    """

    host: str
    port: Annotated[int, Constraints(ge=1)] = 25
    password: Secret | None = None
    keys: list[Secret] = ()  # type: ignore[assignment]
    limits: dict[str, ByteSize] = None  # type: ignore[assignment]
    wait: timedelta = timedelta(seconds=1)
    pause: Duration | None = None
    mode: Literal["a", "b"] = "a"


class Shop(Settings):
    """Settings with a section of their own."""

    mail: Mail


def is_valid(data: object, schema: dict[str, Any] = SCHEMA) -> bool:
    """Ask another implementation."""
    return bool(jsonschema.Draft202012Validator(schema).is_valid(data))


def test_it_is_a_schema() -> None:
    """It follows the dialect that it names, and is JSON."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"environment": "production", "debug": False},
        {"app": {"name": "MyApp", "version": "1.0.0", "environment": "production"}},
        {"server": {"host": "0.0.0.0", "port": 8000, "workers": 4, "drain_timeout": "1m", "body_limit": "1MiB"}},
        {"server": {"port": "${PORT}"}, "debug": "${DEBUG:-off}"},
        {"security": {"jwt_secret_key": "${JWT_SECRET_KEY}", "cors_allow_origins": ["https://example.com"]}},
        {"plugins": {"hello": {"anything": [1]}}},
    ],
)
def test_files_that_load_are_valid(data: dict[str, Any]) -> None:
    """An editor has nothing to say against what is read."""
    assert is_valid(data)


@pytest.mark.parametrize(
    "data",
    [
        {"databasee": {}},
        {"server": {"prot": 1}},
        {"server": {"port": 70_000}},
        {"server": {"port": "x"}},
        {"server": {"drain_timeout": []}},
        {"debug": "on"},
        {"plugins": {"hello": 1}},
        {"logging": {"level": "loud"}},
    ],
)
def test_slips_are_not_valid(data: dict[str, Any]) -> None:
    """An editor underlines them."""
    assert not is_valid(data)


def test_descriptions_and_defaults_are_in_it() -> None:
    """An editor shows what a field is for; never the default of a secret."""
    port = SCHEMA["properties"]["server"]["properties"]["port"]
    key = SCHEMA["properties"]["security"]["properties"]["secret_key"]

    assert port["description"].startswith("The port to listen on")
    assert port["default"] == 8000
    assert "default" not in key
    assert key["anyOf"][0] == {"type": "string", "writeOnly": True}


def test_types_of_settings_are_written() -> None:
    """Units and secrets, alone and within collections."""
    mail = make_settings_schema(Shop.read_shape())["properties"]["mail"]
    kinds = {name: mail["properties"][name] for name in ("keys", "limits", "wait", "pause", "password")}

    assert mail["description"] == "How mail is sent."
    assert mail["properties"]["host"] == {"type": "string", "description": "The server."}
    assert kinds["keys"]["anyOf"][0] == {"type": "array", "items": {"type": "string", "writeOnly": True}}
    assert kinds["limits"]["anyOf"][0]["additionalProperties"]["type"] == ["integer", "string"]
    assert kinds["wait"]["type"] == ["number", "string"]
    assert kinds["pause"]["anyOf"] == [
        kinds["wait"] | {"description": kinds["wait"]["description"]},
        {"type": "null"},
    ] or (kinds["pause"]["anyOf"][1] == {"type": "null"})
    assert kinds["password"]["anyOf"][1] == {"type": "null"}


def test_nothing_is_required() -> None:
    """Another layer may have it."""
    assert is_valid({"mail": {}}, Shop.json_schema())


@pytest.mark.parametrize("data", [{"mail": {"host": "a", "wait": "1s", "limits": {"a": "1k"}, "keys": ["${K}"]}}])
def test_own_sections_are_read_and_valid(data: dict[str, Any]) -> None:
    """What is valid loads."""
    assert is_valid(data, Shop.json_schema())
    assert Shop(sources=Sources.none(), **data).mail.limits == {"a": 1024}
