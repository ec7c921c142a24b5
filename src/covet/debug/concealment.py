"""
The last sieve: whatever a page says, no secret that the application knows is in it.

Settings mask themselves. An error's text, a path or the table of a plugin may repeat what they hide.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from covet.app import CovetPy
from covet.config.known_secrets import find_known_secrets
from covet.config.masking import collect_secrets, mask_text, redact
from covet.config.secret import MASK
from covet.debug.page import Page, Table

ValueT = TypeVar("ValueT")

# A shorter one is found in every other word; where it is the whole text, it is hidden all the same.
_MIN_LENGTH: Final = 4


def find_secrets(app: CovetPy) -> frozenset[str]:
    """
    Find the texts that no page may show: secrets of the settings and of the plugins' configurations.

    Args:
        app: The application.

    Example:
        >>> from covet.config import Settings, Sources
        >>> settings = Settings(security={"secret_key": "k" * 32}, sources=Sources.none())
        >>> find_secrets(CovetPy(settings=settings)) == {"k" * 32}
        True
    """
    found = set(find_known_secrets(app.settings))
    for record in app.plugin_manager.records:
        found |= collect_secrets(record.plugin.config)
    return frozenset(found - {"", MASK})


def conceal_page(page: Page, secrets: Collection[str]) -> Page:
    """
    Take the secrets out of a page.

    Args:
        page: The page.
        secrets: The secrets.
    """
    tables = tuple(
        Table(table.title, table.headings, conceal(table.rows, secrets), table.empty) for table in page.tables
    )
    return replace(
        page,
        data=conceal(page.data, secrets),
        tables=tables,
        drawing=conceal(page.drawing, secrets),
        sources=conceal(page.sources, secrets),
    )


def conceal(value: ValueT, secrets: Collection[str]) -> ValueT:
    """
    Take the secrets out of builtins, at any depth; passwords within URLs, too.

    Args:
        value: The builtins.
        secrets: The secrets.

    Example:
        >>> conceal({"error": "no user hunter2", "url": "redis://:x@cache/0"}, {"hunter2"})
        {'error': 'no user **********', 'url': 'redis://:**********@cache/0'}
    """
    long = [secret for secret in secrets if len(secret) >= _MIN_LENGTH]
    concealed: ValueT = _conceal(value, frozenset(secrets), long)
    return concealed


# Any: builtins of every shape.
def _conceal(value: Any, secrets: frozenset[str], long: list[str]) -> Any:
    if isinstance(value, str):
        return MASK if value in secrets else redact(mask_text(value), long)
    if isinstance(value, Mapping):
        return {_conceal(key, secrets, long): _conceal(item, secrets, long) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_conceal(item, secrets, long) for item in value)
    return value
