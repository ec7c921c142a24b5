"""
Entity tags: what names one state of a resource (RFC 9110 §8.8.3), and the lists of them that clients send.

Every list is read once, from left to right, and one that is too long is not read at all.
"""

import re
from hashlib import blake2b
from typing import Final, NamedTuple

from covet.exceptions import ResponseError

# APPSEC: docs/security.md, row 33: a longer list is not read, and what was taken is never given back.
MAX_LENGTH: Final = 8192
_ETAG: Final = re.compile(r'(?:W/)?+"[\x21\x23-\x7e\x80-\xff]*+"')
_BETWEEN: Final = re.compile(r"[ \t]*+(?:,[ \t]*+)*+")


def check_etag(etag: str) -> str:
    """
    Return an entity tag, or refuse it; a text without quotes gets them.

    Raises:
        ResponseError: If it is no text, or holds what no entity tag can.

    Example:
        >>> check_etag("v7"), check_etag('W/"v7"')
        ('"v7"', 'W/"v7"')
    """
    if isinstance(etag, str):
        quoted = etag if etag.endswith('"') else f'"{etag}"'
        if quoted.isascii() and _ETAG.fullmatch(quoted) is not None:
            return quoted
    raise ResponseError(
        f"{etag!r} is no entity tag.", hint="Write visible ASCII characters without quotes or spaces, such as 'v7'."
    )


def make_etag(content: bytes) -> str:
    """
    Make the entity tag of a content: a strong one, equal for equal bytes.

    Example:
        >>> make_etag(b"tea")
        '"833ede412aad05219a1b924c1fe8a5cd"'
    """
    return f'"{blake2b(content, digest_size=16).hexdigest()}"'


def weaken_etag(etag: str) -> str:
    """
    Return the weak form of an entity tag: equal in meaning, not in every byte.

    Example:
        >>> weaken_etag('"v7"'), weaken_etag('W/"v7"')
        ('W/"v7"', 'W/"v7"')
    """
    return etag if etag.startswith("W/") else f"W/{etag}"


class EntityTags(NamedTuple):
    """
    The list of an `If-Match` or `If-None-Match`.

    Attributes:
        tags: The tags, as they came.
        is_any: It is `*`: any state will do.
    """

    tags: tuple[str, ...]
    is_any: bool = False

    @classmethod
    def parse(cls, text: str) -> "EntityTags":
        """
        Read a list; one that is malformed or longer than 8 KiB names no tag.

        Example:
            >>> EntityTags.parse('"a", W/"b"').tags
            ('"a"', 'W/"b"')
            >>> EntityTags.parse("*").is_any, EntityTags.parse("a, b").tags
            (True, ())
        """
        if text.strip(" \t") == "*":
            return cls((), is_any=True)
        if len(text) > MAX_LENGTH:
            return cls(())
        tags: list[str] = []
        position = _skip(text, 0)
        while position < len(text):
            match = _ETAG.match(text, position)
            if match is None:
                return cls(())
            tags.append(match[0])
            position = _skip(text, match.end())
            if position < len(text) and "," not in text[match.end() : position]:
                # No comma stands between two tags.
                return cls(())
        return cls(tuple(tags))

    def has(self, etag: str | None, *, is_weak: bool) -> bool:
        """
        Tell whether a state is among those that are named.

        Args:
            etag: The tag of the state; `None` if it has none.
            is_weak: Compare weakly: what means the same is the same. A strong comparison wants the same bytes.

        Example:
            >>> EntityTags.parse('W/"a"').has('"a"', is_weak=True), EntityTags.parse('W/"a"').has('"a"', is_weak=False)
            (True, False)
        """
        if self.is_any:
            return True
        if etag is None:
            return False
        if is_weak:
            bare = etag.removeprefix("W/")
            return any(tag.removeprefix("W/") == bare for tag in self.tags)
        return not etag.startswith("W/") and etag in self.tags


def _skip(text: str, position: int) -> int:
    match = _BETWEEN.match(text, position)
    return position if match is None else match.end()
