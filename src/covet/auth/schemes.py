"""
How credentials travel: what a client is told in `WWW-Authenticate`, and what documents say of it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from covet.exceptions import BadRequestError
from covet.http.request import Request

# RFC 9110 §11.4: a scheme is a token, and what follows it is one credential, here without commas and blanks in it.
_CREDENTIALS: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+) +([^ ,\t]+)[ \t]*")
_UNQUOTABLE: Final = re.compile(r'[^\x20-\x7e]|["\\]')


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """
    A way to bring credentials.

    Attributes:
        name: What documents call it.
        challenge: The scheme of `WWW-Authenticate`, such as `"Bearer"`.
        description: The security scheme object of OpenAPI.
        realm: The realm that clients are told, if any.
        parameters: Further parameters of the challenge.
    """

    name: str
    challenge: str
    # Any: as OpenAPI has it.
    description: Mapping[str, Any] = field(hash=False)
    realm: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)

    def write_challenge(self, **parameters: str | None) -> str:
        """
        Write a challenge (RFC 9110 §11.6.1) with parameters, those that are `None` left out.

        Example:
            >>> BEARER.write_challenge(error="invalid_token")
            'Bearer error="invalid_token"'
        """
        known = {"realm": self.realm, **self.parameters, **parameters}
        written = ", ".join(f'{name}="{_quote(text)}"' for name, text in known.items() if text is not None)
        return f"{self.challenge} {written}" if written else self.challenge

    @property
    def is_bearer(self) -> bool:
        """Whether it is that of RFC 6750, whose challenges say what is wrong."""
        return self.challenge == "Bearer"


BEARER: Final = SecurityScheme("bearer", "Bearer", MappingProxyType({"type": "http", "scheme": "bearer"}))
"""Bearer tokens (RFC 6750)."""


def read_authorization(request: Request, scheme: str) -> str | None:
    """
    Read the credentials of a scheme from the `Authorization` header; `None` if there are none of that scheme.

    Args:
        request: The request.
        scheme: The scheme, in lower case.

    Returns:
        The credentials; an empty text if the scheme is there and what follows is not readable.

    Raises:
        BadRequestError: If there are several such headers: nobody chooses between two.

    Example:
        >>> read_authorization(Request(headers={"Authorization": "Bearer abc"}), "bearer")
        'abc'
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    if len(request.headers.get_list("authorization")) > 1:
        raise BadRequestError("There are several Authorization headers.")
    if header.partition(" ")[0].lower() != scheme:
        return None
    match = _CREDENTIALS.fullmatch(header)
    return "" if match is None else match[2]


def join_challenges(challenges: Iterable[str]) -> str:
    """
    Join challenges in one header, each once.

    Example:
        >>> join_challenges(["Bearer", 'Basic realm="shop"', "Bearer"])
        'Bearer, Basic realm="shop"'
    """
    return ", ".join(dict.fromkeys(challenges))


def _quote(text: str) -> str:
    return _UNQUOTABLE.sub("", text)
