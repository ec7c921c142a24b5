"""
Checks of what several workers have each of its own.
"""

from collections.abc import Iterator
from typing import Final

from covet.checks import Check
from covet.deployment.subject import Subject
from covet.middleware import AuthenticationMiddleware, CacheMiddleware, SessionMiddleware
from covet.middleware.limiting import LimitingMiddleware


def _find_unsafe(subject: Subject) -> str | None:
    return _write(subject, _list_unsafe(subject))


def _find_lax(subject: Subject) -> str | None:
    return _write(subject, _list_lax(subject))


def _list_unsafe(subject: Subject) -> Iterator[str]:
    for layer in subject.all_layers:
        if isinstance(layer, SessionMiddleware) and layer.is_in_memory:
            yield "SessionMiddleware keeps sessions in memory: a client would have another one with each."
        if isinstance(layer, AuthenticationMiddleware):
            yield from (found.message for found in layer.list_unshared() if found.is_unsafe)


def _list_lax(subject: Subject) -> Iterator[str]:
    for layer in subject.all_layers:
        if isinstance(layer, CacheMiddleware) and layer.is_in_memory:
            yield "CacheMiddleware keeps responses in memory: what one knows to be changed, the others still give."
        if isinstance(layer, LimitingMiddleware) and not layer.store.is_shared:
            yield f"{type(layer).__name__} {layer.name!r} counts in memory: a client may have its limit with each."
        if isinstance(layer, AuthenticationMiddleware):
            yield from (found.message for found in layer.list_unshared() if not found.is_unsafe)


def _write(subject: Subject, found: Iterator[str]) -> str | None:
    if subject.worker_count < 2:
        return None
    texts = list(dict.fromkeys(found))
    return f"server.workers is {subject.worker_count}. {' '.join(texts)}" if texts else None


WORKER_CHECKS: Final = (
    Check("D401", "error", "server.workers", "Give it a store that the workers share, or one worker.", _find_unsafe),
    Check("D402", "warning", "server.workers", "Give it a store that the workers share, or one worker.", _find_lax),
)
