"""
Tokens: a value that is given away and comes back, with the time that it is good for inside of what protects it.

What protects it stands in `signing` and `encryption`; here is all that both have in common. It must never do any work
for a token that is too long, nor say why one is refused.
"""

import json
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Final, NamedTuple, NoReturn, SupportsIndex, TypeAlias

from covet.security.base64url import decode_base64url, encode_base64url
from covet.security.clock import Clock, read_milliseconds, to_datetime, utc_now
from covet.security.errors import BadSignatureError, ExpiredSignatureError
from covet.security.key_ring import KeyRing, KeysLike, to_key_ring

MAX_TOKEN_BYTES: Final = 8 * 1024
"""How long a token is at most: what a header has room for."""

# Within a body: one byte for the kind of the payload, six each for when it was made and when it expires.
_BYTES, _TEXT, _JSON = range(3)
_TIME_BYTES: Final = 6
_HEAD_BYTES: Final = 1 + 2 * _TIME_BYTES
_NEVER: Final = (1 << 8 * _TIME_BYTES) - 1

_to_json: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode

Lifetime: TypeAlias = timedelta | float
"""A time span: a `timedelta`, or a number of seconds."""


class Sealed(NamedTuple):
    """
    What a token holds.

    Attributes:
        payload: The value.
        issued_at: When it was sealed.
        expires_at: When it ends, if it ever does.
        is_current: Whether the secret in use protects it, rather than one that is to go.
    """

    payload: Any  # what the caller sealed
    issued_at: datetime
    expires_at: datetime | None
    is_current: bool


class TokenSealer(ABC):
    """
    Seal values into tokens, and unseal them: the contract of `Signer` and `Encrypter`.

    A token is text that URLs, cookies and headers carry as it is. A sealer of your own says how bytes are protected.

    Args:
        keys: A `KeyRing`, a secret, or several of which the first is in use.
        purpose: What the tokens are for. Those of another purpose are refused.
        clock: What tells the time.

    Raises:
        ConfigurationError: If the secrets are too weak.
        ValueError: If no purpose is given.
    """

    def __init__(self, keys: KeysLike, *, purpose: str, clock: Clock = utc_now) -> None:
        self.purpose = purpose
        self._clock = clock
        self._prepare(to_key_ring(keys))

    @abstractmethod
    def _prepare(self, ring: KeyRing) -> None:
        """Derive the keys of `purpose`."""

    @abstractmethod
    def _protect(self, body: bytes, context: bytes) -> bytes:
        """Protect a body together with a context that is not in it."""

    @abstractmethod
    def _expose(self, data: bytes, context: bytes) -> tuple[bytes, bool] | None:
        """Give the body, and whether the secret in use protects it; `None` if none of the secrets does."""

    # object: bytes, text, or whatever JSON can hold.
    def seal(self, payload: object, *, expires_in: Lifetime | None, context: str | bytes = b"") -> str:
        """
        Make a token of a value.

        Args:
            payload: Bytes, a text, or what JSON has a word for; each comes back as it was.
            expires_in: How long it is good for; `None` is for ever, which has to be said.
            context: What it belongs to, such as the id of a session: who unseals it has to know that as well.

        Raises:
            TypeError: If it is neither bytes nor text, and JSON has no word for it.
            ValueError: If the token would be longer than 8 KiB, or the time is no span.

        Example:
            >>> from covet.security import Signer
            >>> signer = Signer("a secret of thirty-two bytes, or more", purpose="invitation")
            >>> signer.unseal(signer.seal({"team": 7}, expires_in=timedelta(days=2)))
            {'team': 7}
        """
        kind, data = _write_payload(payload)
        issued = read_milliseconds(self._clock)
        expires = _NEVER if expires_in is None else issued + _to_milliseconds(expires_in, "expires_in")
        if expires > _NEVER:
            raise ValueError(f"expires_in is too long: {expires_in!r}. None is for ever.")
        body = bytes((kind,)) + issued.to_bytes(_TIME_BYTES) + expires.to_bytes(_TIME_BYTES) + data
        token = encode_base64url(self._protect(body, _to_bytes(context)))
        if len(token) > MAX_TOKEN_BYTES:
            raise ValueError(
                f"The token would have {len(token)} bytes, more than {MAX_TOKEN_BYTES}: its payload has {len(data)}."
                "\n  Keep the value on the server, and seal its id."
            )
        return token

    # Any: what the caller sealed.
    def unseal(self, token: str, *, context: str | bytes = b"", max_age: Lifetime | None = None) -> Any:
        """
        Give the value of a token.

        Args:
            token: The token.
            context: What it was sealed with.
            max_age: How old it may be, whatever it says of itself.

        Raises:
            BadSignatureError: If it was not made here, for this purpose and this context, or was changed since.
            ExpiredSignatureError: If it was, but its time is over.
        """
        return _read_payload(self._open(token, context, max_age)[0])

    def read(self, token: str, *, context: str | bytes = b"", max_age: Lifetime | None = None) -> Sealed:
        """
        Give the value of a token, and what is known of it; the arguments and errors are those of `unseal`.
        """
        body, issued, expires, is_current = self._open(token, context, max_age)
        return Sealed(
            payload=_read_payload(body),
            issued_at=to_datetime(issued),
            expires_at=None if expires == _NEVER else to_datetime(expires),
            is_current=is_current,
        )

    def _open(self, token: str, context: str | bytes, max_age: Lifetime | None) -> tuple[bytes, int, int, bool]:
        """Give the body of a token, its two times, and whether the secret in use protects it."""
        # APPSEC: docs/security.md, row 89: a token that is too long costs nothing.
        data = decode_base64url(token) if len(token) <= MAX_TOKEN_BYTES else None
        exposed = None if data is None else self._expose(data, _to_bytes(context))
        if exposed is None:
            raise BadSignatureError
        body, is_current = exposed
        # From here on it is a body that was sealed: nobody else could make one.
        issued = int.from_bytes(body[1 : 1 + _TIME_BYTES])
        expires = int.from_bytes(body[1 + _TIME_BYTES : _HEAD_BYTES])
        now = read_milliseconds(self._clock)
        ends = expires if max_age is None else min(expires, issued + _to_milliseconds(max_age, "max_age"))
        if now >= ends and ends != _NEVER:
            raise ExpiredSignatureError(to_datetime(ends))
        return body, issued, expires, is_current

    def __repr__(self) -> str:
        return f"{type(self).__name__}(purpose={self.purpose!r})"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"A {type(self).__name__} cannot be pickled: its keys would be written in clear.")


def _write_payload(payload: object) -> tuple[int, bytes]:
    if isinstance(payload, bytes):
        return _BYTES, payload
    if isinstance(payload, str):
        return _TEXT, payload.encode("utf-8", "surrogatepass")
    try:
        text = _to_json(payload)
    except (TypeError, ValueError) as exc:
        # The value itself may be secret: only its type is named.
        raise TypeError(
            f"A token holds bytes, a text or what JSON has a word for, not this {type(payload).__name__}: {exc}"
        ) from None
    return _JSON, text.encode("utf-8", "surrogatepass")


# Any: what the caller sealed.
def _read_payload(body: bytes) -> Any:
    data = body[_HEAD_BYTES:]
    if body[0] == _BYTES:
        return data
    text = data.decode("utf-8", "surrogatepass")
    return text if body[0] == _TEXT else json.loads(text)


def _to_bytes(context: str | bytes) -> bytes:
    return context if isinstance(context, bytes) else context.encode("utf-8", "surrogatepass")


def _to_milliseconds(span: Lifetime, name: str) -> int:
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not isfinite(seconds) or seconds <= 0:
        raise ValueError(f"{name} must be a timedelta or seconds, more than 0, got {span!r}.")
    return max(1, round(seconds * 1000))
