"""
Where responses are kept, each under the key of what was asked for.

Of what there are several responses to, an index stands there, which names the headers that choose; they stand beside
it, under keys of their own. A new index has another generation: what stood beside the old one is not found any more.
"""

from secrets import token_hex
from typing import NamedTuple

from covet.cache import Cache
from covet.http.request import Request
from covet.middleware.cache_keys import make_variant_key, read_varying
from covet.middleware.cached_response import CachedResponse, VariantIndex


class Found(NamedTuple):
    """
    What is kept for a request.

    Attributes:
        variants: What names the headers that choose, if there are any.
        kept: The response, if there is one.
    """

    variants: VariantIndex | None
    kept: CachedResponse | None


class ResponseShelf:
    """
    Keep responses in a cache.

    Args:
        cache: The cache.
    """

    __slots__ = ("cache",)

    def __init__(self, cache: Cache) -> None:
        self.cache = cache

    async def find(self, request: Request, key: str) -> Found:
        """
        Find what is kept for a request.

        Args:
            request: The request.
            key: The key of what it asks for.
        """
        stored = await self.cache.get(key)
        index = VariantIndex.read(stored)
        if index is None:
            kept = CachedResponse.read(stored)
            # One that varies stands beside an index: anything else was not put there by a shelf.
            return Found(None, None if kept is None or kept.names else kept)
        varying = read_varying(request.headers, index.names)
        name = make_variant_key(key, index.generation, index.names, varying)
        kept = CachedResponse.read(await self.cache.get(name))
        is_right = kept is not None and (kept.names, kept.varying) == (index.names, varying)
        return Found(index, kept if is_right else None)

    async def keep(self, key: str, index: VariantIndex | None, kept: CachedResponse) -> None:
        """
        Keep a response.

        Args:
            key: The key of what was asked for.
            index: The index that stood there before the response was made: if it was taken away meanwhile, the response
                is not found.
            kept: The response.
        """
        if not kept.names:
            await self.cache.set(key, kept.write(), kept.lifetime)
            return
        if index is None or index.names != kept.names:
            index = VariantIndex(kept.names, token_hex(12))
            await self.cache.set(key, index.write(), kept.lifetime)
        name = make_variant_key(key, index.generation, kept.names, kept.varying)
        await self.cache.set(name, kept.write(), kept.lifetime)

    async def forget(self, key: str) -> None:
        """Take away all responses to what a key stands for."""
        await self.cache.delete(key)


__all__ = ["Found", "ResponseShelf"]
