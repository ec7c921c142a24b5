"""
The last sieve: known secrets are found, and nothing lets them through.
"""

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from covet.app import CovetPy
from covet.config import Secret, Settings, Sources, section
from covet.config.secret import MASK
from covet.debug.concealment import conceal, conceal_page, find_secrets
from covet.debug.page import Page, Table
from covet.plugins import Plugin

KEY = "sEcReT-" * 6


@section
class ShopConfig:
    """A secret that only its type tells."""

    seed: Secret | None = None


class ShopPlugin(Plugin):
    """A plugin with secrets of its own."""

    name: ClassVar[str] = "shop"
    version: ClassVar[str] = "1.0"
    Config = ShopConfig

    def init_app(self, app: CovetPy) -> None:
        """Add nothing."""


def test_secrets_of_all_places_are_found(tmp_path: Path) -> None:
    """Typed ones, those in URLs, those whose name says so, and those of plugins."""
    (tmp_path / "config.toml").write_text('[plugins.shop]\nseed = "typed only"\n[plugins.mail]\napi_key = "by name"\n')
    settings = Settings.from_file(
        tmp_path / "config.toml",
        sources=Sources.none(),
        security={"secret_key": KEY},
        database={"url": "postgresql://ada:enigma@localhost/shop"},
    )

    found = find_secrets(CovetPy(settings=settings, plugins=[ShopPlugin]))

    assert found == {KEY, "enigma", "typed only", "by name"}


def test_what_settings_hide_for_another_reason_is_found(tmp_path: Path) -> None:
    """What comes from a secret file is secret, whatever the setting is called."""
    (tmp_path / "COVET_APP__NAME").write_text("open sesame")
    settings = Settings(sources=replace(Sources.none(), secrets=tmp_path))

    assert settings.explain().find("app.name").value == MASK
    assert find_secrets(CovetPy(settings=settings)) == {"open sesame"}


def test_application_without_secrets_has_none() -> None:
    """The mask is no secret, nor is an empty text."""
    assert find_secrets(CovetPy()) == frozenset()


@pytest.mark.parametrize(
    ("value", "concealed"),
    [
        (KEY, MASK),
        (f"refused: {KEY}!", f"refused: {MASK}!"),
        ({"a": [KEY, 1, None], KEY: ("b",)}, {"a": [MASK, 1, None], MASK: ("b",)}),
        ("redis://:unknown@cache/0", f"redis://:{MASK}@cache/0"),
        ("xy", MASK),
        ("xylophone", "xylophone"),
    ],
    ids=["whole", "within", "nested", "url", "short-whole", "short-within"],
)
def test_secrets_are_taken_out(value: object, concealed: object) -> None:
    """At any depth; a very short one only where it is the whole text, since it stands in other words."""
    assert conceal(value, {KEY, "xy"}) == concealed


def test_every_part_of_a_page_is_concealed() -> None:
    """Data, tables, the drawing and further forms."""
    table = Table("T", ("A",), ((KEY,),))
    page = Page("di", "T", {"a": KEY}, (table,), drawing=KEY, sources={"text": KEY})

    assert KEY not in repr(conceal_page(page, {KEY}))
