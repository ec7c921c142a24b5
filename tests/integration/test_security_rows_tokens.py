"""
Rows 78, 83 and 84 to 88 of docs/security.md, as clients meet them: what was made for one purpose is good for no other,
what lies in a store runs nothing, and a forged token is 401. Over both protocols.
"""

import hmac
import json
import pickle
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from pathlib import Path
from time import time

import pytest
from joserfc import jwk

from covet import CovetPy, Request
from covet.auth import JWTAuthProvider, JWTKey, Principal, SQLiteAPIKeys, SQLiteUsers, requires
from covet.cache import Cache, MemoryCacheBackend
from covet.middleware import AuthenticationMiddleware, CacheMiddleware, CSRFMiddleware, SessionMiddleware, get_session
from covet.security import Encrypter, Signer, sign_url, verify_url
from covet.security.base64url import encode_base64url
from covet.security.errors import BadSignatureError
from covet.security.sealing import TokenSealer
from covet.sessions import EncryptedCookieSessions, SignedCookieSessions, SQLiteSessionStore
from covet.testing import TestClient
from covet.threads import run_in_thread
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols

SECRET = "R9f3kLmQ27xYtWz8VbNc4HdJsPgEuKiA"
RSA = jwk.RSAKey.generate_key(2048)
HTTPS = "https://example.com"
KEYS = [JWTKey.from_pem(RSA.as_pem(private=True), kid="k")]


# ── Row 78 ───────────────────────────────────────────────────────────────────


def make_session_app(session: SessionMiddleware) -> CovetPy:
    """Make an application that says whose session it is."""
    app = CovetPy(middleware=[session])

    @app.post("/login")
    async def log_in(request: Request) -> None:
        get_session(request).log_in("7")

    @app.get("/who")
    async def tell(request: Request) -> str:
        return get_session(request).user_id or ""

    return app


def make_form_app() -> CovetPy:
    """Make an application whose forms have tokens of a cookie."""
    app = CovetPy(middleware=[CSRFMiddleware(SECRET, require_token=True)])

    @app.get("/form")
    async def form(request: Request) -> str:
        return str(request.state.csrf_token())

    @app.post("/change")
    async def change() -> str:
        return "changed"

    return app


Accept = Callable[[str], Awaitable[bool]]


async def list_purposes(protocol: WireProtocol) -> dict[str, tuple[str, Accept]]:
    """Make a text for each purpose, all with one secret, and what accepts it."""
    found: dict[str, tuple[str, Accept]] = {}
    for kind, store in {"session": None, "signed": SignedCookieSessions(), "sealed": EncryptedCookieSessions()}.items():
        app = make_session_app(SessionMiddleware(SECRET, store=store))
        client = TestClient(app, protocol=protocol, base_url=HTTPS)
        await client.post("/login")

        async def is_session(text: str, app: CovetPy = app) -> bool:
            fresh = TestClient(app, protocol=protocol, base_url=HTTPS)
            return (await fresh.get("/who", headers={"cookie": f"__Host-session={text}"})).text == "7"

        found[kind] = (client.cookies.get("__Host-session") or "", is_session)

    forms = TestClient(make_form_app(), protocol=protocol, base_url=HTTPS)
    token = (await forms.get("/form")).text
    cookie = forms.cookies.get("__Host-csrf") or ""

    async def is_pair(text: str, token: str) -> bool:
        fresh = TestClient(make_form_app(), protocol=protocol, base_url=HTTPS)
        headers = {"cookie": f"__Host-csrf={text}", "x-csrf-token": token}
        return (await fresh.post("/change", headers=headers)).status_code == 200

    async def is_csrf_cookie(text: str) -> bool:
        return await is_pair(text, token)

    async def is_csrf_token(text: str) -> bool:
        return await is_pair(cookie, text)

    found["csrf cookie"], found["csrf token"] = (cookie, is_csrf_cookie), (token, is_csrf_token)

    provider = JWTAuthProvider(SECRET)

    async def is_bearer(text: str) -> bool:
        return await provider.validate_token(text) is not None

    async def is_refresh(text: str) -> bool:
        try:
            await provider.refresh_tokens(text)
        except Exception:
            return False
        return True

    pair = await provider.create_tokens(Principal("7"))
    found["access token"], found["refresh token"] = (pair.access_token, is_bearer), (pair.refresh_token, is_refresh)

    signed_urls = Signer(SECRET, purpose="urls")
    signed = sign_url("/a", signer=signed_urls, expires_in=60)
    before, _, signature = signed.rpartition("=")

    async def is_signature(text: str) -> bool:
        try:
            return verify_url(f"{before}={text}", signer=signed_urls) is not None
        except BadSignatureError:
            return False

    found["signed url"] = (signature, is_signature)
    for name, sealer in {"signer": Signer, "encrypter": Encrypter}.items():
        own = sealer(SECRET, purpose="own")

        async def is_sealed(text: str, own: TokenSealer = own) -> bool:
            try:
                return own.unseal(text) is not None
            except BadSignatureError:
                return False

        found[name] = (own.seal("7", expires_in=60), is_sealed)
    return found


@pytest.mark.row(78)
@on_both_protocols
async def test_what_is_made_for_one_purpose_is_good_for_no_other(protocol: WireProtocol) -> None:
    """All of them have the same secret; each is good for its own purpose."""
    purposes = await list_purposes(protocol)
    accepted = {
        (made, asked)
        for asked, (_, accepts) in purposes.items()
        for made, (text, _) in purposes.items()
        if await accepts(text)
    }

    assert len({text for text, _ in purposes.values()}) == len(purposes) == 10
    assert accepted == {(name, name) for name in purposes}


# ── Row 83 ───────────────────────────────────────────────────────────────────


class Planted:
    """What makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.mkdir, (self._path,)


def plant(path: Path, table: str, columns: Mapping[str, str], value: bytes | str) -> None:
    """Put a value into columns of all rows of a table."""
    with closing(sqlite3.connect(path)) as connection, connection:
        # Both are this test's own.
        assignments = ", ".join(f"{column} = ?" for column in columns)
        connection.execute(f"UPDATE {table} SET {assignments}", [value] * len(columns))


@pytest.mark.row(83)
@pytest.mark.parametrize("form", ["bytes", "text"])
async def test_what_lies_in_a_store_runs_nothing(tmp_path: Path, form: str) -> None:
    """Whoever can write into its file can spoil it, and not more."""
    bait = tmp_path / "bait"
    planted: bytes | str = pickle.dumps(Planted(bait), protocol=0)
    if form == "text":
        planted = pickle.dumps(Planted(bait), protocol=0).decode("ascii")
    await run_in_thread(pickle.loads, planted if isinstance(planted, bytes) else planted.encode())
    assert bait.is_dir()
    bait.rmdir()

    sessions = SQLiteSessionStore(tmp_path / "sessions.db")
    app = make_session_app(SessionMiddleware(SECRET, store=sessions))
    async with TestClient(app, base_url="https://example.com", raise_app_exceptions=False) as client:
        await client.post("/login")
        await run_in_thread(plant, tmp_path / "sessions.db", "covet_sessions", {"data": ""}, planted)
        await client.get("/who")

    from covet.auth import APIKey, UserRecord

    users, keys = SQLiteUsers(tmp_path / "users.db"), SQLiteAPIKeys(tmp_path / "keys.db")
    await users.add(UserRecord(id=7, username="ada", password_hash="x"))
    await keys.add(APIKey(key_hash="5e55", user_id=7))
    await run_in_thread(plant, tmp_path / "users.db", "covet_users", {"scopes": "", "typed_id": ""}, planted)
    await run_in_thread(plant, tmp_path / "keys.db", "covet_api_keys", {"scopes": "", "roles": ""}, planted)
    for find in (users.find_by_username("ada"), keys.find("5e55")):
        with pytest.raises(Exception, match=r"."):
            await find
    await users.aclose()
    await keys.aclose()

    assert not bait.exists()


@pytest.mark.row(83)
@pytest.mark.parametrize("before", [b"", b"s", b"b", b"br", b't{"t/a":"1"}\n', b"br[200,[],1,0,60,[],[]]\n"])
async def test_what_lies_in_a_cache_runs_nothing(tmp_path: Path, before: bytes) -> None:
    """Whatever stands before it: it is a value of nobody's, or bytes."""
    bait = tmp_path / "bait"
    backend = MemoryCacheBackend()
    cache = Cache(backend)
    app = CovetPy(middleware=[CacheMiddleware(backend, key_prefix="")])

    @app.get("/")
    async def show() -> object:
        return await cache.get_or_set("a", lambda: "tea")

    async with TestClient(app, raise_app_exceptions=False) as client:
        await client.get("/")
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            for key in ("v/a", *list(backend._entries)):
                await backend.set(key, before + pickle.dumps(Planted(bait), protocol=protocol))
            await cache.get("a")
            await client.get("/")

    assert not bait.exists()


# ── Rows 84 to 88 ────────────────────────────────────────────────────────────


def forge(header: Mapping[str, object], secret: bytes | JWTKey, **claims: object) -> str:
    """Make a token with a good signature, of a secret or a key, of whatever header and claims."""
    said = {"sub": "canary", "exp": int(time()) + 60, "iss": "https://a.b", "aud": "api", **claims}
    signed = ".".join(encode_base64url(json.dumps(part).encode()) for part in (header, said))
    data = signed.encode()
    signature = secret.sign(data) if isinstance(secret, JWTKey) else hmac.digest(secret, data, "sha256")
    return f"{signed}.{encode_base64url(signature)}"


GOOD = {"alg": "RS256", "kid": "k"}
HMAC = {"alg": "HS256", "kid": "k"}
UNSIGNED = forge({"alg": "none", "kid": "k"}, b"").rpartition(".")[0] + "."
OTHER = JWTKey.from_pem(jwk.RSAKey.generate_key(2048).as_pem(private=True), kid="k")


@on_both_protocols
@pytest.mark.parametrize(
    "token",
    [
        pytest.param(
            forge({"alg": "HS256", "kid": "k"}, RSA.as_pem(private=False)), marks=pytest.mark.row(84), id="PEM"
        ),
        pytest.param(
            forge({"alg": "HS256", "kid": "k"}, RSA.as_der(private=False)), marks=pytest.mark.row(84), id="DER"
        ),
        pytest.param(
            forge({"alg": "HS256", "kid": "k"}, json.dumps(RSA.as_dict(private=False)).encode()),
            marks=pytest.mark.row(84),
            id="JWK",
        ),
        pytest.param(UNSIGNED, marks=pytest.mark.row(85), id="none"),
        pytest.param(forge({"alg": "nOnE", "kid": "k"}, b""), marks=pytest.mark.row(85), id="nOnE"),
        pytest.param(forge({"alg": "HS256"}, b""), marks=pytest.mark.row(85), id="empty key"),
        pytest.param(forge({**GOOD, "jwk": OTHER.to_public_jwk()}, OTHER), marks=pytest.mark.row(86), id="jwk"),
        pytest.param(forge({**GOOD, "jku": "http://127.0.0.1:1/"}, OTHER), marks=pytest.mark.row(86), id="jku"),
        pytest.param(forge({**GOOD, "x5c": ["MIIB"]}, OTHER), marks=pytest.mark.row(86), id="x5c"),
        pytest.param(forge({**GOOD, "kid": "../../dev/null"}, b""), marks=pytest.mark.row(86), id="kid"),
        pytest.param(forge({**GOOD, "crit": ["x"], "x": 1}, KEYS[0]), marks=pytest.mark.row(87), id="crit"),
        pytest.param(forge({**GOOD, "crit": []}, KEYS[0]), marks=pytest.mark.row(87), id="no crit"),
        pytest.param(forge({**GOOD, "b64": False}, KEYS[0]), marks=pytest.mark.row(87), id="b64"),
        pytest.param(forge(GOOD, KEYS[0], iss="https://a"), marks=pytest.mark.row(88), id="iss"),
        pytest.param(forge(GOOD, KEYS[0], aud="ap"), marks=pytest.mark.row(88), id="aud"),
        pytest.param(forge(GOOD, KEYS[0], exp=True), marks=pytest.mark.row(88), id="exp"),
        pytest.param(forge(GOOD, KEYS[0], exp="9999999999"), marks=pytest.mark.row(88), id="exp text"),
        pytest.param(forge(GOOD, KEYS[0], exp=1e300), marks=pytest.mark.row(88), id="huge exp"),
        pytest.param(forge(GOOD, KEYS[0], nbf=int(time()) + 3600), marks=pytest.mark.row(88), id="nbf"),
    ],
)
async def test_a_forged_token_is_nobodys(protocol: WireProtocol, token: str) -> None:
    """401 with the challenge, without echo; the one that was not forged is good."""
    provider = JWTAuthProvider(keys=KEYS, algorithms=["RS256"], issuer="https://a.b", audience="api")
    app = CovetPy(middleware=[AuthenticationMiddleware(provider=provider)])

    @app.get("/me", middleware=[requires()])
    async def show(principal: Principal) -> str:
        return str(principal.id)

    client = TestClient(app, protocol=protocol)
    refused = await client.get("/me", headers={"authorization": f"Bearer {token}"})
    good = await client.get("/me", headers={"authorization": f"Bearer {forge(GOOD, KEYS[0], sub='7')}"})

    assert_problem(refused, 401, echo="canary")
    assert token not in refused.text
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert good.text == "7"
