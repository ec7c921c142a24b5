"""
Who asks: a user, a program, or nobody that is known.

It must never hold a secret: it is shown in logs, pages and events.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Final

from covet.exceptions import ConfigurationError
from covet.http.request import Request

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Stamped:
    """
    What a principal has beside its fields: whoever writes one out, or describes it, does not see it.

    Attributes:
        stamp: With which state of its secret it was proved.
    """

    __slots__ = ("stamp",)

    stamp: str | None


@dataclass(frozen=True, slots=True, init=False)
class Principal(Stamped):
    """
    Who asks, as a provider found out.

    A handler gets it by its type: `async def show(principal: Principal)`; a service does as well.

    Args:
        id: Who, in the words of whoever keeps the users.
        scopes: What a token or key was given for, such as `"orders:read"`: words without blanks, since tokens have them
            in one text.
        roles: What its user is, such as `"admin"`.
        claims: What else the provider knows, such as the claims of a token; read-only.
        method: How it was proved: `"jwt"`, `"password"`, `"api_key"`, `"basic"`, `"oauth"`.
        user: The user as the application keeps it, where the provider looked it up.
        stamp: With which state of its secret it was proved, in no words that tell it: what makes a login of it asks
            whether that is still the one. `None` where nothing was proved here.

    Raises:
        TypeError: If scopes or roles are no list of texts.
        ValueError: If a scope has blanks: in a token it would be several.

    Example:
        >>> ada = Principal("7", scopes=["orders:read"], roles=["admin"])
        >>> ada.is_authenticated, ada.has_scope("orders:read"), ada.has_role("editor")
        (True, True, False)
    """

    __brought_by__: ClassVar[str] = "AuthenticationMiddleware"

    id: int | str | None
    scopes: frozenset[str]
    roles: frozenset[str]
    # Any: whatever JSON can hold.
    claims: Mapping[str, Any] = field(hash=False, repr=False)
    method: str
    user: object = field(compare=False, repr=False)

    def __init__(
        self,
        id: int | str | None,  # noqa: A002 - what everybody calls it
        scopes: Iterable[str] = (),
        roles: Iterable[str] = (),
        claims: Mapping[str, Any] | None = None,
        method: str = "",
        user: object = None,
        *,
        stamp: str | None = None,
    ) -> None:
        for name, texts in (("scopes", scopes), ("roles", roles)):
            if isinstance(texts, str):
                raise TypeError(f"{name} is a list of texts, got {texts!r}. Write {name}=[{texts!r}].")
        # It is frozen: this is how a dataclass itself does it.
        put = object.__setattr__
        put(self, "id", id)
        put(self, "scopes", _read_scopes(scopes))
        put(self, "roles", frozenset(roles))
        put(self, "claims", MappingProxyType(dict(claims)) if claims else _NOTHING)
        put(self, "method", method)
        put(self, "user", user)
        put(self, "stamp", stamp)

    @property
    def is_authenticated(self) -> bool:
        """Whether anybody is known; `False` for `ANONYMOUS`."""
        return True

    def has_scope(self, *scopes: str) -> bool:
        """Tell whether it was given all of some scopes."""
        return self.scopes.issuperset(scopes)

    def has_role(self, *roles: str) -> bool:
        """Tell whether it has one of some roles."""
        return not self.roles.isdisjoint(roles)

    @classmethod
    def __from_request__(cls, request: Any) -> "Principal":  # Any: a request, or what has its state
        """
        Find who asks: what a handler's parameter of this type gets.

        Raises:
            ConfigurationError: If nobody has looked.
        """
        return find_principal(request)


def _read_scopes(scopes: Iterable[str]) -> frozenset[str]:
    words = frozenset(scopes)
    # RFC 6749 §3.3. Joined and split they have to be what they were; an empty one is none by then.
    if words and words.symmetric_difference(" ".join(words).split()) - {""}:
        wrong = sorted(word for word in words if word.split() != [word])
        raise ValueError(
            f"scopes has {wrong[0]!r}, expected words without blanks: a token would have several scopes of it. "
            "Write scopes=['read', 'write']."
        )
    return words


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Anonymous(Principal):
    """
    Nobody that is known: no credentials came.

    Example:
        >>> Anonymous().is_authenticated, Anonymous() == ANONYMOUS
        (False, True)
    """

    def __init__(self) -> None:
        # Without super(): a dataclass with slots is another class than the one that was written.
        Principal.__init__(self, None)

    @property
    def is_authenticated(self) -> bool:
        """`False`."""
        return False

    def __repr__(self) -> str:
        return "Anonymous()"


ANONYMOUS: Final = Anonymous()
"""The principal of requests without credentials."""


def find_principal(request: Request) -> Principal:
    """
    Return who asks, as `AuthenticationMiddleware` noted it.

    Raises:
        ConfigurationError: If nobody has looked: the middleware is not around this route.

    Example:
        >>> request = Request()
        >>> request.state.user = Principal(7)
        >>> find_principal(request).id
        7
    """
    found = getattr(request.state, "user", None)
    if isinstance(found, Principal):
        return found
    raise ConfigurationError(
        "Nobody has looked who asks: no AuthenticationMiddleware is around this route.",
        hint="Write app.add_middleware(AuthenticationMiddleware(provider=...)).",
    )
