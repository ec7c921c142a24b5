"""
What nothing may show.
"""

from covet.config import Settings, Sources
from covet.config.known_secrets import conceal_known, find_known_secrets

KEY = "mKQ0pJ7cR2vT9xW4zL8nB5hG1dF6sA3e"


def test_secrets_of_every_kind_are_found() -> None:
    """By their type, by their name, and within URLs."""
    settings = Settings(
        security={"secret_key": KEY},
        database={"url": "postgresql://ada:hunter2@db/shop"},
        plugins={"mail": {"password": "hunter3", "host": "mail"}},
        sources=Sources.none(),
    )

    assert find_known_secrets(settings) == {KEY, "hunter2", "hunter3"}


def test_they_are_taken_out_of_a_text() -> None:
    """With the passwords of URLs that the settings do not know."""
    text = conceal_known(f"{KEY}: redis://:other@cache/0 refused hunter2", frozenset({KEY, "hunter2"}))

    assert text == "**********: redis://:**********@cache/0 refused **********"
