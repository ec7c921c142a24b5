"""
What guards around a route say of themselves, for the documents; any layer with `security` and `security_schemes` does.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from covet.core.compiled_route import CompiledRoute
from covet.openapi.components import Object


@runtime_checkable
class DescribedGuard(Protocol):
    """A layer that asks for credentials; `covet.auth.requires` makes such."""

    @property
    def security(self) -> Sequence[Mapping[str, Sequence[str]]]:
        """The alternatives, each a scheme by its name with its scopes."""

    # Any: as OpenAPI has it.
    @property
    def security_schemes(self) -> Mapping[str, Mapping[str, Any]]:
        """The schemes by their names."""


def write_guarded(compiled: CompiledRoute) -> list[Object]:
    """
    Write what the guards around a route ask for together; an empty list if there is none.

    Args:
        compiled: The route.
    """
    merged: dict[str, list[str]] | None = None
    for guard in _list_guards(compiled):
        asked = {name: list(scopes) for item in guard.security for name, scopes in item.items()}
        if merged is None:
            merged = asked
            continue
        # All of them have to agree: what only one knows is no way in.
        merged = {name: [*dict.fromkeys([*merged[name], *asked[name]])] for name in merged if name in asked}
    return [{name: scopes} for name, scopes in (merged or {}).items()]


def collect_schemes(compiled_routes: Iterable[CompiledRoute], declared: Mapping[str, Object]) -> dict[str, Object]:
    """
    Collect the schemes of a document: those of the guards, and those that were declared, which win.

    Args:
        compiled_routes: The routes.
        declared: The schemes that were declared.
    """
    found: dict[str, Object] = {}
    for compiled in compiled_routes:
        for guard in _list_guards(compiled):
            found |= {name: dict(scheme) for name, scheme in guard.security_schemes.items()}
    return {**found, **declared}


def _list_guards(compiled: CompiledRoute) -> list[DescribedGuard]:
    return [layer.middleware for layer in compiled.layers if isinstance(layer.middleware, DescribedGuard)]
