"""
Tags: what several entries have in common, so that they go together.

Each tag has a version, a random text that a backend keeps as any other entry; an entry has the versions of its tags in
front of it, and is none any more when one of them is another. To invalidate a tag is to take its version away, however
many entries have it; and if a backend has let go of a version, its entries are gone, and never there too long.
"""

import json
from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Final

from covet.cache.backend import CacheBackend

Versions = Mapping[str, str]

_TAGGED: Final = b"t"
# What made the value may take so long: the versions were read before.
_MARGIN: Final = 3600.0


async def read_versions(backend: CacheBackend, names: Sequence[str], ttl: float | None) -> Versions:
    """
    Read the versions of tags, and make those that there are not; they last longer than what gets them.

    Args:
        backend: What keeps them.
        names: Their names in the backend.
        ttl: How long the entry will last.

    Raises:
        CacheBackendError: If the backend cannot be asked.
    """
    if not names:
        return {}
    lasting = None if ttl is None else ttl + _MARGIN
    versions = {}
    for name, found in zip(names, await backend.get_many(names), strict=True):
        if found is not None:
            # Not put in anew: somebody may take it away just now, and it would come back.
            await backend.extend(name, lasting)
            versions[name] = found.decode("ascii")
            continue
        version = token_hex(12)
        if not await backend.add(name, version.encode(), lasting):
            other = await backend.get(name)
            version = version if other is None else other.decode("ascii")
        versions[name] = version
    return versions


def write_tagged(value: bytes, versions: Versions) -> bytes:
    r"""
    Put the versions of its tags in front of a value.

    Example:
        >>> write_tagged(b"7", {}), write_tagged(b"7", {"t/a": "1f"})
        (b'7', b't{"t/a":"1f"}\n7')
    """
    if not versions:
        return value
    return _TAGGED + json.dumps(versions, separators=(",", ":")).encode() + b"\n" + value


def read_tagged(stored: bytes) -> tuple[bytes, Versions]:
    r"""
    Part a value from the versions of its tags.

    Raises:
        ValueError: If it cannot be read.

    Example:
        >>> read_tagged(b't{"t/a":"1f"}\n7'), read_tagged(b"7")
        ((b'7', {'t/a': '1f'}), (b'7', {}))
    """
    if not stored.startswith(_TAGGED):
        return stored, {}
    head, separator, value = stored[1:].partition(b"\n")
    versions = json.loads(head)
    if not separator or not isinstance(versions, dict):
        raise ValueError("There are no versions of tags.")
    return value, versions
