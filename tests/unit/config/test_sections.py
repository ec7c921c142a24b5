"""
The built-in sections, and the decorator that makes others.
"""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from covet.config import (
    AppSettings,
    CacheSettings,
    DatabaseSettings,
    LimitSettings,
    LoggingSettings,
    Secret,
    SecuritySettings,
    ServerSettings,
    Settings,
    Sources,
    section,
)
from covet.config.fields import Field, read_descriptions, read_section
from covet.config.masking import mask_value
from covet.config.secret import MASK
from covet.config.units import DurationUnit, SizeUnit
from covet.introspection import split_annotated, type_name
from covet.server.options import ServerOptions

SECTIONS = [
    AppSettings, CacheSettings, DatabaseSettings, LimitSettings, LoggingSettings, SecuritySettings, ServerSettings,
]  # fmt: skip
every_section = pytest.mark.parametrize("cls", SECTIONS, ids=lambda cls: cls.__name__)


@every_section
def test_a_section_stands_by_itself(cls: type) -> None:
    """As the standards use them: without arguments it has the defaults that Settings has."""
    settings = Settings(sources=Sources.none(), environment="testing", logging={"level": "info"})

    assert cls() in [getattr(settings, name) for name in Settings.read_shape().members]


@every_section
def test_a_section_never_changes(cls: Any) -> None:
    """Sections are frozen, and take keywords only."""
    made = cls()
    name = dataclasses.fields(made)[0].name

    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, name, "x")
    with pytest.raises(TypeError):
        cls("x")
    with pytest.raises(TypeError, match="unexpected keyword argument 'wrong'"):
        cls(wrong=1)


@every_section
def test_every_field_says_what_reads_it(cls: type) -> None:
    """A setting that nothing reads is a lie."""
    fields = [field.path[-1] for field in read_section(cls, ("x",)).walk()]
    descriptions = read_descriptions(cls)

    assert list(descriptions) == fields
    assert all(re.search(r"\bread|\breads it", text) for text in descriptions.values()), descriptions


def test_the_servers_fields_are_the_options_of_the_server() -> None:
    """They can be handed on by name: same names, same types of values, same defaults."""
    options = {field.name: field.default for field in dataclasses.fields(ServerOptions)}
    fields = {field.name: field.default for field in dataclasses.fields(ServerSettings)}
    del fields["body_limit"]

    assert {name: options[name] for name in fields} == fields


def test_defaults_are_good(recwarn: pytest.WarningsRecorder) -> None:
    """Every default is a value that its field takes."""
    for field in Settings.read_shape().walk():
        if not field.is_required and field.default_factory is None:
            assert field.parse(field.default) == field.default, field.name


def test_a_section_hides_its_secrets() -> None:
    """By type, by name, and within URLs; an inner section as well."""

    @section
    class Inner:
        token: str = "x"

    @section
    class Outer:
        key: Secret = Secret("x")
        password: str = "hunter2"
        url: str = "redis://:hunter2@h"
        inner: Inner = Inner()
        name: str = "tea"

    assert repr(Outer()).replace("test_a_section_hides_its_secrets.<locals>.", "") == (
        f"Outer(key={MASK}, password={MASK}, url='redis://:{MASK}@h', inner=Inner(token={MASK}), name='tea')"
    )


def test_paths_are_paths() -> None:
    """A file name from the environment is a path."""
    variables = {"COVET_SERVER_TLS_KEY": "/etc/key.pem", "COVET_SERVER_TLS_CERTIFICATE": "/etc/cert.pem"}

    settings = Settings(sources=Sources.none(variables=variables))

    assert settings.server.tls_key == Path("/etc/key.pem")


# ── The page ─────────────────────────────────────────────────────────────────

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"


def write_row(field: Field) -> str:
    """Write the line of the page's table that a field should have."""
    default = "" if field.default is None or field.default == {} else f"`{json.dumps(mask_value(field.default))}`"
    mark = " ↻" if field.is_reloadable else ""
    return f"| `{field.name}`{mark} | {write_type(field)} | {default} | {field.description.rstrip('.')} |"


def write_type(field: Field) -> str:
    """Write the type of a field for people."""
    inner = split_annotated(field.annotation)[0]
    text = "table of tables" if field.is_open else type_name(inner).removesuffix(" | None")
    for unit, name in ((DurationUnit, "duration"), (SizeUnit, "size")):
        if any(isinstance(item, unit) for item in _walk(field.annotation)):
            text = name
    text = {
        "str": "text",
        "Secret": "secret",
        "tuple[str, ...]": "list of texts",
        "tuple[Secret, ...]": "list of secrets",
    }.get(text, text)
    return ", ".join(text.removeprefix("Literal[").removesuffix("]").replace("'", "`").split(", "))


def _walk(annotation: Any) -> list[object]:
    inner, metadata = split_annotated(annotation)
    return [*metadata, *(item for argument in get_args(inner) for item in _walk(argument))]


def test_the_page_lists_every_setting() -> None:
    """Name, type, default and meaning are those of the classes, in their order."""
    expected = [write_row(field) for field in Settings.read_shape().walk()]

    table = PAGE.read_text("utf-8").partition("## All settings")[2]
    listed = [line for line in table.splitlines() if line.startswith("| `")]

    assert listed == expected


def test_every_setting_is_read() -> None:
    """None waits for a part that comes later."""
    waiting = [field.name for field in Settings.read_shape().walk() if "nothing yet" in field.description]

    assert waiting == []
