"""
`APIKeyAuthProvider`: keys that programs have, with scopes and an end. Stored are their hashes and never the keys.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from time import time
from typing import Final, Protocol, runtime_checkable

from covet.auth.errors import AuthenticationSetupError
from covet.auth.principal import Principal
from covet.auth.provider import MAX_CREDENTIALS_BYTES, AuthProvider, Credentials, close_store
from covet.auth.rights import FindUser, check_find_user, limit_rights
from covet.auth.schemes import SecurityScheme, read_authorization
from covet.auth.unshared import API_KEYS, Unshared
from covet.exceptions import BadRequestError, ResponseError
from covet.http.request import Request
from covet.http.response_headers import check_header_name
from covet.options import refuse_unknown
from covet.security.tokens import generate_api_key, hash_token, is_api_key

_REFUSAL: Final = "The API key is not good."


@dataclass(frozen=True, slots=True, kw_only=True)
class APIKey:
    """
    What is stored of a key.

    Attributes:
        key_hash: The key's SHA-256, by which it is found.
        user_id: Whose it is.
        scopes: What it was given for.
        roles: What its user is.
        expires_at: When it ends, in seconds since 1970; `None` is never.
        name: What its owner calls it.
        family: The hash of the key that it came of by rotations; its own, if it came of none.
    """

    key_hash: str
    user_id: int | str
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    expires_at: float | None = None
    name: str = ""
    family: str = ""

    def __post_init__(self) -> None:
        if not self.family:
            # It is frozen: this is how a dataclass itself does it.
            object.__setattr__(self, "family", self.key_hash)


@runtime_checkable
class APIKeyStore(Protocol):
    """
    Where keys are kept, by their hashes.

    `covet.testing.api_key_store` has the tests that every implementation passes.
    """

    async def add(self, key: APIKey, /) -> None:
        """Keep a key, in the place of the one with its hash."""
        ...

    async def find(self, key_hash: str, /) -> APIKey | None:
        """Find a key by its hash."""
        ...

    async def replace(self, old: APIKey, new: APIKey, /) -> bool:
        """
        Keep a key in the place of one with the same hash, if that is there as it was found.

        Returns:
            Whether it was; if not, as it has been removed or changed meanwhile, nothing happens.
        """
        ...

    async def remove(self, key_hash: str, /) -> APIKey | None:
        """Forget a key; gives what was there."""
        ...

    async def remove_family(self, family: str, /) -> list[APIKey]:
        """Forget all keys of a family at once; gives what was there."""
        ...


class MemoryAPIKeys:
    """
    Keep keys in this process: for tests, and for keys that the configuration lists.

    Args:
        keys: The keys that are there from the beginning.
    """

    def __init__(self, keys: Collection[APIKey] = ()) -> None:
        self._keys = {key.key_hash: key for key in keys}

    async def add(self, key: APIKey, /) -> None:
        """Keep a key."""
        self._keys[key.key_hash] = key

    async def find(self, key_hash: str, /) -> APIKey | None:
        """Find a key by its hash."""
        return self._keys.get(key_hash)

    async def replace(self, old: APIKey, new: APIKey, /) -> bool:
        """Keep a key in the place of one, if that is there as it was found."""
        # A record, of which the hash is but a part: who asks for it has found it already.
        found = self._keys.get(old.key_hash)
        if found != old:
            return False
        self._keys[old.key_hash] = new
        return True

    async def remove(self, key_hash: str, /) -> APIKey | None:
        """Forget a key; gives what was there."""
        return self._keys.pop(key_hash, None)

    async def remove_family(self, family: str, /) -> list[APIKey]:
        """Forget all keys of a family at once; gives what was there."""
        found = [key for key in self._keys.values() if key.family == family]
        for key in found:
            del self._keys[key.key_hash]
        return found

    async def list_user(self, user_id: int | str) -> list[APIKey]:
        """List the keys of a user, those that have expired too, by their names."""
        return sorted(
            (key for key in self._keys.values() if (key.user_id, type(key.user_id)) == (user_id, type(user_id))),
            key=lambda key: (key.name, key.key_hash),
        )

    def __len__(self) -> int:
        return len(self._keys)


class APIKeyAuthProvider(AuthProvider):
    """
    Keys in a header of their own, or as bearer tokens; never in the query, which is logged everywhere.

    A key begins with a prefix and ends with a checksum: one with a typing error, and a bearer token of somebody else,
    are told without looking anything up.

    Args:
        store: Where keys are kept; in memory by default.
        prefix: What keys begin with: lower case letters, digits and single underscores.
        header: The header that carries them; `None` for the `Authorization` header, as `Bearer`.
        lifetime: How long a new key is good for unless it is said otherwise; `None` is for ever.
        find_user: Finds the user of a key that is used, as `find_by_id` of a `UserStore` does: it is worth no more than
            they may then, and nothing while they may not log in.
        clock: What tells the seconds since 1970.

    Raises:
        ConfigurationError: If the prefix or the header cannot be one.

    Example:
        >>> provider = APIKeyAuthProvider(prefix="shop")
        >>> key = await provider.create_token(Principal("ada", scopes=["orders:read"]))
        >>> key[:5], (await provider.validate_token(key)).id
        ('shop_', 'ada')
        >>> await provider.revoke_token(key)
        >>> print(await provider.validate_token(key))
        None
    """

    name = "api_key"

    @refuse_unknown
    def __init__(
        self,
        store: APIKeyStore | None = None,
        *,
        prefix: str = "key",
        header: str | None = "X-API-Key",
        lifetime: timedelta | float | None = None,
        find_user: FindUser | None = None,
        clock: Callable[[], float] = time,
    ) -> None:
        try:
            generate_api_key(prefix)
        except ValueError as exc:
            raise AuthenticationSetupError(f"APIKeyAuthProvider: {exc}") from exc
        if header is not None and not _can_carry(header):
            raise AuthenticationSetupError(
                f"APIKeyAuthProvider: header is {header!r}, expected the name of a header of its own.",
                hint="Write header='X-API-Key', or header=None for Authorization: Bearer.",
            )
        self.prefix = prefix
        self._store: APIKeyStore = MemoryAPIKeys() if store is None else store
        if not isinstance(self._store, APIKeyStore):
            raise AuthenticationSetupError(
                f"APIKeyAuthProvider: store is {store!r}, expected an APIKeyStore.",
                hint="See covet.auth.APIKeyStore for its methods.",
            )
        check_find_user("APIKeyAuthProvider", find_user)
        self._find_user = find_user
        self._header = None if header is None else header.lower()
        self._lifetime = _to_seconds(lifetime)
        self._clock = clock
        if header is None:
            self.scheme = SecurityScheme("api_key", "Bearer", {"type": "http", "scheme": "bearer"})
        else:
            # No scheme of RFC 9110 is a header of its own: this one says where the key goes.
            self.scheme = SecurityScheme(
                "api_key", "ApiKey", {"type": "apiKey", "in": "header", "name": header}, parameters={"header": header}
            )

    def find_credentials(self, request: Request) -> Credentials | None:
        """
        Find a key; a bearer token without the prefix is for other providers.

        Raises:
            BadRequestError: If there are several.
        """
        if self._header is None:
            token = read_authorization(request, "bearer")
            return None if token is None or not token.startswith(f"{self.prefix}_") else {"token": token}
        found = request.headers.get(self._header)
        if found is None:
            return None
        if len(request.headers.get_list(self._header)) > 1:
            raise BadRequestError("There are several API keys.")
        return {"token": found}

    async def authenticate(self, request: Request, credentials: Credentials) -> Principal | None:  # noqa: ARG002
        """
        Tell whose key it is.

        Raises:
            InvalidCredentialsError: If it has expired, or was revoked.
        """
        token: str = credentials["token"]
        principal = await self.validate_token(token)
        if principal is None:
            raise self.make_refusal(_REFUSAL)
        return principal

    async def validate_token(self, token: str) -> Principal | None:
        """Tell whose key it is; `None` if it is not good."""
        key = await self._find(token)
        if key is None:
            return None
        claims = {"key_name": key.name} if key.name else None
        return await limit_rights(Principal(key.user_id, key.scopes, key.roles, claims, self.name), self._find_user)

    async def create_token(
        self, user: Principal, *, name: str = "", expires_in: timedelta | float | None = None
    ) -> str:
        """
        Make a key; this is the only time that it is there in clear.

        Args:
            user: For whom, and what for: its scopes and roles are the key's.
            name: What its owner calls it.
            expires_in: How long it is good for; the provider's `lifetime` if left out.
        """
        if user.id is None:
            raise TypeError("A key is made for a Principal with an id, got nobody.")
        lifetime = self._lifetime if expires_in is None else _to_seconds(expires_in)
        return await self._add(
            APIKey(key_hash="", user_id=user.id, scopes=user.scopes, roles=user.roles, name=name), lifetime
        )

    async def revoke_token(self, token: str) -> None:
        """
        Make a key good for nothing, and with it all that came of it, or that it came of, by rotations.

        Args:
            token: The key; one that has expired may have been rotated before.
        """
        await self.revoke_hash(hash_token(token))

    async def revoke_hash(self, key_hash: str) -> None:
        """
        Do as `revoke_token`, where only the hash of a key is known, as in a list of somebody's keys.

        Args:
            key_hash: The key's hash, as the store has it.
        """
        found = await self._store.find(key_hash)
        # The first of its family may have been forgotten, and what came of it be good.
        for removed in await self._store.remove_family(key_hash if found is None else found.family):
            await self.report(
                "TokenRevokedEvent", user_id=removed.user_id, method=self.name, token_id=removed.key_hash[:16]
            )

    async def rotate_token(self, token: str, *, grace: timedelta | float = timedelta(days=1)) -> str:
        """
        Make a new key in the place of one, which is good for a while yet.

        Args:
            token: The key.
            grace: How long the old one stays good; 0 for not at all.

        Raises:
            AuthenticationSetupError: If that is no time.
            InvalidCredentialsError: If the key is not good.
        """
        if await self.validate_token(token) is None:
            raise self.make_refusal(_REFUSAL)
        end = self._clock() + _to_grace(grace)
        while (old := await self._find(token)) is not None:
            # Made first: if this ends here, the old one is as good as before.
            new = await self._add(old, self._lifetime)
            ending = replace(old, expires_at=end if old.expires_at is None else min(end, old.expires_at))
            if await self._store.replace(old, ending):
                return new
            # It was revoked meanwhile, or somebody else gave it another end.
            await self._store.remove(hash_token(new))
        raise self.make_refusal(_REFUSAL)

    def list_unshared(self) -> Sequence[Unshared]:
        """Say that keys are in memory, if they are."""
        return (API_KEYS,) if isinstance(self._store, MemoryAPIKeys) else ()

    async def aclose(self) -> None:
        """Close the store, if it has something to close."""
        await close_store(self._store)

    async def _add(self, like: APIKey, lifetime: float | None) -> str:
        """Make a key as another one is, and of its family."""
        token = generate_api_key(self.prefix)
        end = None if lifetime is None else self._clock() + lifetime
        await self._store.add(replace(like, key_hash=hash_token(token), expires_at=end))
        return token

    async def _find(self, token: str) -> APIKey | None:
        """Find what is stored of a key that has not expired."""
        if len(token) > MAX_CREDENTIALS_BYTES or not is_api_key(token, self.prefix):
            return None
        # It is found by its hash: how long that takes says nothing of the key (docs/security.md, row 90).
        key = await self._store.find(hash_token(token))
        return None if key is None or (key.expires_at is not None and key.expires_at <= self._clock()) else key


def _can_carry(header: str) -> bool:
    try:
        return check_header_name(header).lower() not in {"authorization", "cookie"}
    except (ResponseError, TypeError):
        return False


def _to_seconds(value: timedelta | float | None) -> float | None:
    if value is None:
        return None
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if not _is_time(seconds) or seconds == 0:
        raise AuthenticationSetupError(
            f"APIKeyAuthProvider: {value!r} is no lifetime.", hint="Write timedelta(days=90), or None for ever."
        )
    return float(seconds)


def _to_grace(value: timedelta | float) -> float:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if not _is_time(seconds):
        raise AuthenticationSetupError(
            f"APIKeyAuthProvider: grace={value!r} is no time.", hint="Write timedelta(days=1), or 0 for not at all."
        )
    return float(seconds)


# Whatever was given: a text, too.
def _is_time(seconds: object) -> bool:
    return isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds < float("inf")
