"""
An OpenID Connect provider in a process of its own, for tests: `serve("tests.e2e.oidc_provider:app")`.

It is as many issuers as there are ways to misbehave: the first part of a path is the issuer's name, and says what it
does wrong. `http://127.0.0.1:PORT/good` does nothing wrong; `BEHAVIOURS` lists the others. Everybody who is sent to
it is logged in at once, as the user that the parameter `login_hint` names.

What it was asked is told by `/{issuer}/_calls`, and forgotten by that.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
from typing import Any
from urllib.parse import unquote_plus

from joserfc import jwk

from covet import CovetPy, Request, Response
from covet.exceptions import HTTPError
from covet.http.urls import URL
from covet.responses import JSONResponse, RedirectResponse
from covet.security import generate_token
from covet.security.base64url import encode_base64url
from covet.security.jwt import JWTKey, encode_jwt
from tests.e2e.oidc_users import CLIENTS, USERS

BEHAVIOURS = {
    "good": "nothing",
    # The ID token.
    "wrong-nonce": "it repeats another nonce",
    "no-nonce": "it repeats none",
    "wrong-iss": "it is of another issuer",
    "other-aud": "it is for another client",
    "two-aud": "it is for two clients, and does not say who has asked",
    "other-azp": "it is for two clients, and the other has asked",
    "own-azp": "nothing: it is for two clients, and this one has asked",
    "expired": "it has expired",
    "future": "it is of the future",
    "alg-none": "it is not signed",
    "hs256": "it is signed with the text of the public key as a secret",
    "other-key": "it is signed with another key of the same name",
    "wrong-at-hash": "it came with another access token",
    "no-id-token": "there is none",
    "huge-id-token": "it is longer than any token is",
    # The token endpoint.
    "huge": "its answer does not end for a long time",
    "slow": "its answer takes longer than anybody waits",
    "redirect": "it sends elsewhere",
    "compressed": "its answer is compressed",
    "no-json": "its answer is a page",
    "list": "its answer is a list",
    "failing": "it answers 500",
    "mac-token": "its tokens are of another type",
    "post-only": "nothing: it takes the client's secret in the body alone",
    # The userinfo endpoint.
    "other-sub": "it means another user",
    "no-userinfo": "there is none",
    # The way back.
    "sends-iss": "nothing: it says who it is (RFC 9207)",
    "other-iss": "it says it is another",
    "hides-iss": "it promised to say who it is, and does not",
    "denies": "it refuses, in words that would hurt on a page",
    "overloaded": "it cannot at the moment",
    "strange-error": "it refuses for a reason that nobody knows",
    # The discovery document.
    "other-issuer": "it is of another issuer",
    "inside": "its token endpoint is an address of the inside, without https",
    "no-discovery": "there is none",
    "no-keys": "it has no keys",
    # Refresh tokens, and the other endpoints.
    "other-user": "it refreshes the tokens of somebody else",
    "plain": "nothing: it has no introspection, revocation or logout",
    "auth-time": "nothing: it says when somebody has logged in, an hour ago",
}

KEY = JWTKey.from_jwk(jwk.ECKey.generate_key("P-256").as_dict(private=True), kid="key-1")
FORGED = JWTKey.from_jwk(jwk.ECKey.generate_key("P-256").as_dict(private=True), kid="key-1")

app = CovetPy()
codes: dict[str, dict[str, Any]] = {}
tokens: dict[str, dict[str, Any]] = {}
calls: dict[str, list[str]] = {}


def issuer_of(request: Request) -> tuple[str, str]:
    """Tell the behaviour and the issuer of a request, and write it down."""
    name, _, rest = request.path.removeprefix("/").partition("/")
    if name not in BEHAVIOURS:
        raise HTTPError(status_code=404)
    calls.setdefault(name, []).append(rest)
    return name, f"http://{request.host}/{name}"


@app.get("/{name}/_calls")
async def show_calls(name: str) -> list[str]:
    """Tell what was asked, and forget it."""
    return calls.pop(name, [])


@app.get("/{name}/.well-known/openid-configuration")
async def discover(request: Request, name: str) -> dict[str, Any]:
    """Say where everything is."""
    name, issuer = issuer_of(request)
    if name == "no-discovery":
        raise HTTPError(status_code=404)
    document: dict[str, Any] = {
        "issuer": "https://somebody.example" if name == "other-issuer" else issuer,
        "authorization_endpoint": f"{issuer}/authorize?tenant=1",
        "token_endpoint": "http://10.0.0.1/token" if name == "inside" else f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks",
    }
    if name != "no-userinfo":
        document["userinfo_endpoint"] = f"{issuer}/userinfo"
    if name != "plain":
        document["introspection_endpoint"] = f"{issuer}/introspect"
        document["revocation_endpoint"] = f"{issuer}/revoke"
        document["end_session_endpoint"] = f"{issuer}/logout"
    if name in {"sends-iss", "hides-iss"}:
        document["authorization_response_iss_parameter_supported"] = True
    if name == "post-only":
        document["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    return document


@app.get("/{name}/jwks")
async def show_keys(request: Request, name: str) -> dict[str, Any]:
    """Show the public keys."""
    name, _ = issuer_of(request)
    return {"keys": [] if name == "no-keys" else [KEY.to_public_jwk()]}


@app.get("/{name}/authorize")
async def authorize(request: Request, name: str) -> Response:
    """Log somebody in, and send them back with a code."""
    name, issuer = issuer_of(request)
    asked = dict(request.query_params.multi_items())
    if asked.get("client_id") not in CLIENTS or asked.get("response_type") != "code":
        raise HTTPError(status_code=400)
    if asked.get("code_challenge_method") != "S256" or not asked["redirect_uri"].startswith(
        ("http://127.0.0.1:", "https://127.0.0.1:")
    ):
        raise HTTPError(status_code=400)
    errors = {"denies": "access_denied", "overloaded": "temporarily_unavailable", "strange-error": "<script>x"}
    answer = {"state": asked["state"]}
    if name in errors:
        answer |= {"error": errors[name], "error_description": "<script>alert(1)</script>"}
    else:
        answer["code"] = code = generate_token()
        codes[code] = asked
    if name in {"sends-iss", "other-iss"}:
        answer["iss"] = issuer if name == "sends-iss" else "https://somebody.example"
    return RedirectResponse(URL(asked["redirect_uri"]).include_query_params(**answer), 302, allow_external=True)


@app.post("/{name}/token")
async def give_tokens(request: Request, name: str) -> Response:
    """Give tokens for a code or a refresh token."""
    name, issuer = issuer_of(request)
    form = dict((await request.form()).multi_items())
    await misbehave(name)
    client = read_client(request, form, name)
    if form.get("grant_type") == "refresh_token":
        kept = tokens.pop(str(form.get("refresh_token")), None)
        if kept is None or kept["kind"] != "refresh":
            return refuse("invalid_grant")
        user = "grace" if name == "other-user" else kept["user"]
        return JSONResponse(write_answer(name, issuer, client, user, kept["scope"], nonce=None))
    asked = codes.pop(str(form.get("code")), None)
    if asked is None or asked["redirect_uri"] != form.get("redirect_uri") or asked["client_id"] != client:
        return refuse("invalid_grant")
    challenge = encode_base64url(hashlib.sha256(str(form.get("code_verifier")).encode()).digest())
    if challenge != asked["code_challenge"]:
        return refuse("invalid_grant")
    user = asked.get("login_hint", "ada")
    answer = write_answer(name, issuer, client, user, asked.get("scope", ""), nonce=asked.get("nonce"))
    if name == "huge":
        return Response(json.dumps({**answer, "more": "x" * 1_000_000}), media_type="application/json")
    if name == "compressed":
        return Response(json.dumps(answer), headers={"content-encoding": "gzip"}, media_type="application/json")
    return JSONResponse(answer)


async def misbehave(name: str) -> None:
    """Answer in another way than anybody expects."""
    if name == "slow":
        await asyncio.sleep(30)
    if name in {"redirect", "no-json", "list", "failing"}:
        raise Elsewhere(name)


class Elsewhere(Exception):
    """An answer that is none."""


@app.exception_handler(Elsewhere)
async def answer_elsewhere(request: Request, exc: Elsewhere) -> Response:
    """Answer what nobody has asked for."""
    name = str(exc)
    if name == "no-json":
        return Response("<h1>Welcome</h1>", media_type="text/html")
    if name == "list":
        return JSONResponse(["secret"])
    if name == "failing":
        return Response("secret", 500)
    return RedirectResponse(f"http://{request.host}/good/token", 307, allow_external=True)


def read_client(request: Request, form: dict[str, Any], name: str) -> str:
    """Tell which client asks, by its secret in the header or in the body."""
    header = request.headers.get("authorization")
    if header is not None and name != "post-only":
        client, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        client, secret = unquote_plus(client), unquote_plus(secret)
    else:
        client, secret = str(form.get("client_id")), str(form.get("client_secret", ""))
    if client not in CLIENTS or CLIENTS[client] != secret:
        raise Refused
    return client


class Refused(Exception):
    """Another client than it says."""


@app.exception_handler(Refused)
async def answer_refused(request: Request, exc: Refused) -> Response:
    """Say that the client is another."""
    return JSONResponse({"error": "invalid_client"}, 401)


def refuse(error: str) -> Response:
    """Answer with an error of RFC 6749 §5.2."""
    return JSONResponse({"error": error, "error_description": "words that are nobody's affair"}, 400)


def write_answer(name: str, issuer: str, client: str, user: str, scope: str, *, nonce: str | None) -> dict[str, Any]:
    """Write the answer of the token endpoint."""
    access = make_access_token(issuer, client, user, scope)
    refresh = generate_token()
    tokens[refresh] = {"kind": "refresh", "user": user, "scope": scope, "client": client}
    answer = {
        "access_token": access,
        "token_type": "mac" if name == "mac-token" else "Bearer",
        "expires_in": int(os.environ.get("OIDC_EXPIRES_IN", "300")),
        "refresh_token": refresh,
        "scope": scope,
    }
    if "openid" in scope.split() and name != "no-id-token":
        answer["id_token"] = make_id_token(name, issuer, client, user, nonce, access)
    return answer


def make_access_token(issuer: str, client: str, user: str, scope: str, **claims: object) -> str:
    """Make an access token as RFC 9068 wants it; introspection knows it as well."""
    now = int(time.time())
    said = {
        "iss": issuer, "sub": USERS[user]["sub"], "aud": "https://api.example.com", "exp": now + 300, "iat": now,
        "client_id": client, "scope": scope, "jti": generate_token(), **claims,
    }  # fmt: skip
    token = encode_jwt(said, KEY, type="at+jwt")
    tokens[token] = {"kind": "access", "user": user, "scope": scope, "client": client, "claims": said}
    return token


def make_id_token(name: str, issuer: str, client: str, user: str, nonce: str | None, access: str) -> str:
    """Make an ID token, or what is none."""
    now = int(time.time())
    digest = hashlib.sha256(("other" if name == "wrong-at-hash" else access).encode()).digest()
    claims: dict[str, Any] = {
        "iss": issuer, "sub": USERS[user]["sub"], "aud": client, "exp": now + 300, "iat": now,
        "at_hash": encode_base64url(digest[:16]), "name": USERS[user]["name"],
    }  # fmt: skip
    if nonce is not None and name != "no-nonce":
        claims["nonce"] = "another" if name == "wrong-nonce" else nonce
    changes: dict[str, dict[str, Any]] = {
        "wrong-iss": {"iss": "https://somebody.example"},
        "other-aud": {"aud": "another"},
        "two-aud": {"aud": [client, "another"]},
        "other-azp": {"aud": [client, "another"], "azp": "another"},
        "own-azp": {"aud": [client, "another"], "azp": client},
        "expired": {"exp": now - 3600, "iat": now - 7200},
        "future": {"iat": now + 3600},
        "huge-id-token": {"more": "x" * 7000},
        "auth-time": {"auth_time": now - 3600},
    }
    claims |= changes.get(name, {})
    if name == "huge-id-token":
        return f"{'x' * 9000}.e30.x"
    if name == "alg-none":
        head, body = ({"alg": "none", "kid": "key-1"}, claims)
        return ".".join(encode_base64url(json.dumps(part).encode()) for part in (head, body)) + "."
    if name == "hs256":
        return sign_with_public_key(claims)
    return encode_jwt(claims, FORGED if name == "other-key" else KEY)


def sign_with_public_key(claims: dict[str, Any]) -> str:
    """Take the public key for a secret, as whoever attacks would (CVE-2022-29217)."""
    public = jwk.ECKey.import_key({k: v for k, v in KEY.to_public_jwk().items() if k not in {"kid", "alg", "use"}})
    head = {"alg": "HS256", "kid": "key-1"}
    signed = ".".join(encode_base64url(json.dumps(part).encode()) for part in (head, claims))
    return f"{signed}.{encode_base64url(hmac.digest(public.as_pem(private=False), signed.encode(), 'sha256'))}"


@app.get("/{name}/userinfo")
async def tell_userinfo(request: Request, name: str) -> Response:
    """Tell who somebody is."""
    name, _ = issuer_of(request)
    kept = tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
    if kept is None:
        return Response(status_code=401, headers={"www-authenticate": 'Bearer error="invalid_token"'})
    return JSONResponse({**USERS[kept["user"]], **({"sub": "u-2"} if name == "other-sub" else {})})


@app.post("/{name}/introspect")
async def introspect(request: Request, name: str) -> Response:
    """Tell whose token it is (RFC 7662)."""
    name, _ = issuer_of(request)
    form = dict((await request.form()).multi_items())
    read_client(request, form, name)
    await misbehave(name)
    kept = tokens.get(str(form.get("token")))
    return JSONResponse({"active": False} if kept is None or kept["kind"] != "access" else
                        {"active": True, **kept["claims"]})  # fmt: skip


@app.post("/{name}/revoke")
async def revoke(request: Request, name: str) -> Response:
    """Take a token back (RFC 7009)."""
    name, _ = issuer_of(request)
    form = dict((await request.form()).multi_items())
    read_client(request, form, name)
    await misbehave(name)
    tokens.pop(str(form.get("token")), None)
    return Response()


@app.get("/{name}/logout")
async def log_out(request: Request, name: str) -> Response:
    """Log somebody out, and send them back."""
    issuer_of(request)
    return RedirectResponse(request.query_params["post_logout_redirect_uri"], 302, allow_external=True)


@app.post("/{name}/_mint")
async def mint(request: Request, name: str) -> str:
    """Make an access token for a test."""
    _, issuer = issuer_of(request)
    said = await request.json()
    client, user, scope = said.pop("client_id", "shop"), said.pop("user", "ada"), said.pop("scope", "")
    return make_access_token(issuer, client, user, scope, **said)
