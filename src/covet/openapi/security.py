"""
Security schemes and what asks for them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from covet.core.route_security import SecurityRequirement, is_security
from covet.exceptions import suggest
from covet.openapi.components import Object
from covet.openapi.errors import OpenAPIError

# The kinds of schemes (OpenAPI 3.1, §4.8.27), and the members that each needs.
_KINDS: Final[dict[str, tuple[str, ...]]] = {
    "apiKey": ("name", "in"),
    "http": ("scheme",),
    "mutualTLS": (),
    "oauth2": ("flows",),
    "openIdConnect": ("openIdConnectUrl",),
}


# Any: a scheme is an object of OpenAPI.
def check_schemes(schemes: Mapping[str, Mapping[str, Any]]) -> dict[str, Object]:
    """
    Refuse schemes that are none.

    Args:
        schemes: Security scheme objects by name.

    Raises:
        OpenAPIError: If one lacks a member, or is of no known kind.

    Example:
        >>> check_schemes({"bearer": {"type": "http", "scheme": "bearer"}})
        {'bearer': {'type': 'http', 'scheme': 'bearer'}}
    """
    for name, scheme in schemes.items():
        if not isinstance(scheme, Mapping):
            raise OpenAPIError(f"The security scheme {name!r} must be an object, got {scheme!r}.")
        kind = scheme.get("type")
        if kind not in _KINDS:
            raise OpenAPIError(f"The security scheme {name!r} has the type {kind!r}.", hint=suggest(str(kind), _KINDS))
        missing = [member for member in _KINDS[kind] if member not in scheme]
        if missing:
            raise OpenAPIError(f"The security scheme {name!r} of type {kind!r} lacks {', '.join(map(repr, missing))}.")
    return {name: dict(scheme) for name, scheme in schemes.items()}


def write_security(
    requirements: Sequence[SecurityRequirement], schemes: Mapping[str, object], *, route: str | None = None
) -> list[Object]:
    """
    Write requirements as OpenAPI has them.

    Args:
        requirements: The alternatives.
        schemes: The schemes of the document.
        route: Who asks, for the error.

    Raises:
        OpenAPIError: If one names a scheme that there is none of.

    Example:
        >>> write_security(["bearer", {"oauth": ["read"]}], {"bearer": {}, "oauth": {}})
        [{'bearer': []}, {'oauth': ['read']}]
    """
    if not is_security(requirements):
        raise OpenAPIError(
            f"security must be a list of names of schemes, got {requirements!r}.", route=route, hint="Write ['bearer']."
        )
    written: list[Object] = [
        {item: []} if isinstance(item, str) else {name: list(scopes) for name, scopes in item.items()}
        for item in requirements
    ]
    for requirement in written:
        for name in requirement:
            if name not in schemes:
                raise OpenAPIError(
                    f"It asks for the security scheme {name!r}, which the document does not have.",
                    route=route,
                    hint=suggest(name, schemes) if schemes else "Give it to OpenAPIPlugin(security_schemes={...}).",
                )
    return written
