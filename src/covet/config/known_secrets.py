"""
The texts of settings that nothing may show, whoever else repeats them: an error, a page, a log.
"""

from collections.abc import Mapping
from typing import Any

from covet.config.masking import collect_secrets, mask_text, redact
from covet.config.secret import MASK
from covet.config.settings import Settings


def find_known_secrets(settings: Settings) -> frozenset[str]:
    """
    Find the secrets of settings, and the passwords within their URLs.

    Args:
        settings: The settings.

    Example:
        >>> from covet.config import Sources
        >>> find_known_secrets(Settings(database={"url": "postgresql://ada:hunter2@db/shop"}, sources=Sources.none()))
        frozenset({'hunter2'})
    """
    found: set[str] = set()
    for name in settings.read_shape().members:
        found |= collect_secrets(getattr(settings, name), name=name)
    for row in settings.explain():
        if row.value == MASK:
            # What the settings hide for another reason, such as the file it came from.
            found |= collect_secrets(_follow(settings, row.path.split(".")), name="secret")
    return frozenset(found - {"", MASK})


def conceal_known(text: str, secrets: frozenset[str]) -> str:
    """
    Take secrets out of a text that somebody wrote, and the passwords out of its URLs.

    Example:
        >>> conceal_known("no user hunter2 at redis://:x@cache/0", frozenset({"hunter2"}))
        'no user ********** at redis://:**********@cache/0'
    """
    return redact(mask_text(text), secrets)


# Any: sections are objects and tables.
def _follow(value: Any, path: list[str]) -> object:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
    return value
