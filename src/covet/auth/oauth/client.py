"""
Asking a provider: the adapter of Authlib and httpx2.

It must never follow a redirect, read more than it needs, or wait for longer than it was told. What a provider answers
stands in no error and no log: it may hold tokens.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote_plus

from covet._extras import require_extra
from covet.auth.oauth.endpoints import Endpoints
from covet.auth.oauth.errors import GrantRefusedError, OAuthAnswerError, OAuthUnavailableError
from covet.threads import run_in_thread

_LOGGER: Final = logging.getLogger("covet.auth")

MAX_ANSWER_BYTES: Final = 256 * 1024
"""How large an answer of a provider is at most."""

# RFC 6749 §5.2, RFC 7009 §2.2.1. Others are the provider's own words, and are not repeated.
_REFUSALS: Final = frozenset(
    {
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
        "invalid_scope", "unsupported_token_type",
    }
)  # fmt: skip


class OAuthClient:
    """
    What asks a provider, in the name of one client of it.

    Args:
        client_id: The client's id.
        client_secret: What gives its secret; `None` for a public client.
        client_auth: How it proves itself: `"client_secret_basic"`, `"client_secret_post"`, `"none"`, or `None` for
            what the provider can do.
        timeout: How many seconds each answer may take, whole.
        transport: The transport of httpx2, where it is not the usual one.

    Raises:
        MissingDependencyError: If Authlib or httpx2 is not installed.
    """

    # Any: the library's own type.
    def __init__(
        self,
        client_id: str,
        client_secret: Callable[[], str] | None,
        *,
        client_auth: str | None,
        timeout: float,
        transport: Any = None,
    ) -> None:
        # Loaded when it is made: importing takes a while, and nobody waits for it then.
        self._httpx = require_extra("httpx2", extra="oauth", needed_for="covet.auth.OAuth2Provider")
        self._authlib = require_extra(
            "authlib.integrations.httpx_client",
            extra="oauth",
            needed_for="covet.auth.OAuth2Provider",
            library="Authlib",
        )
        self._client_id = client_id
        self._client_secret = client_secret
        self._client_auth = client_auth
        self._timeout = timeout
        self._transport = None if transport is None else _leave_open(self._httpx, transport)
        self._context: Any = None

    async def fetch(self, url: str) -> bytes:
        """
        Fetch a document.

        Raises:
            OAuthUnavailableError: If nobody answers.
            OAuthAnswerError: If the answer is of no use.
        """
        async with self._asking(url) as client:
            response = await client.request("GET", url, withhold_token=True, headers={"accept": "application/json"})
            _expect_success(response)
            return bytes(response.content)

    # Any: as JSON has it, here and below.
    async def fetch_object(self, url: str) -> dict[str, Any]:
        """
        Fetch an object of JSON.

        Raises:
            OAuthUnavailableError: If nobody answers.
            OAuthAnswerError: If the answer is of no use.
        """
        data = await self.fetch(url)
        try:
            return _read_object(data)
        except OAuthAnswerError as exc:
            _note(url, exc.reason)
            raise

    async def exchange_code(
        self, endpoints: Endpoints, code: str, *, verifier: str, redirect_uri: str
    ) -> dict[str, Any]:
        """
        Get tokens for a code (RFC 6749 §4.1.3, RFC 7636 §4.5).

        Raises:
            GrantRefusedError: If the code is not good, or the client is not.
            OAuthUnavailableError: If nobody answers.
            OAuthAnswerError: If the answer is of no use.
        """
        async with self._asking(endpoints.token, endpoints) as client:
            return dict(
                await client.fetch_token(
                    endpoints.token,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                    redirect_uri=redirect_uri,
                )
            )

    async def refresh(self, endpoints: Endpoints, refresh_token: str) -> dict[str, Any]:
        """
        Get new tokens for a refresh token (RFC 6749 §6).

        Raises:
            GrantRefusedError: If it is not good.
            OAuthUnavailableError: If nobody answers.
            OAuthAnswerError: If the answer is of no use.
        """
        async with self._asking(endpoints.token, endpoints) as client:
            return dict(await client.refresh_token(endpoints.token, refresh_token=refresh_token))

    async def fetch_userinfo(self, url: str, access_token: str) -> dict[str, Any]:
        """
        Ask who somebody is (OpenID Connect Core 1.0 §5.3).

        Raises:
            OAuthUnavailableError: If nobody answers.
            OAuthAnswerError: If the answer is of no use.
        """
        async with self._asking(url) as client:
            client.token = {"access_token": access_token, "token_type": "Bearer"}
            response = await client.get(url, headers={"accept": "application/json"})
            _expect_success(response)
            return _read_object(response.content)

    async def introspect(self, endpoints: Endpoints, token: str) -> dict[str, Any]:
        """
        Ask whose token it is (RFC 7662).

        Raises:
            GrantRefusedError: If the client is not good.
            OAuthUnavailableError: If nobody answers.
            OAuthAnswerError: If the answer is of no use.
        """
        url = endpoints.introspection or ""
        async with self._asking(url, endpoints) as client:
            response = await client.introspect_token(url, token=token, token_type_hint="access_token")  # noqa: S106
            _expect_grant(response)
            return _read_object(response.content)

    async def revoke(self, endpoints: Endpoints, token: str) -> None:
        """
        Take a token back (RFC 7009); one that is not known there is good for nothing already.

        Raises:
            GrantRefusedError: If the client is not good.
            OAuthUnavailableError: If nobody answers.
            OAuthAnswerError: If the answer is of no use.
        """
        url = endpoints.revocation or ""
        async with self._asking(url, endpoints) as client:
            _expect_grant(await client.revoke_token(url, token=token))

    # ── Inside ───────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def _asking(self, url: str, endpoints: Endpoints | None = None) -> AsyncIterator[Any]:
        """Open a client for one question; it has a token of nobody else's, and is closed afterwards."""
        way = _choose_way(self._client_auth, endpoints, has_secret=self._client_secret is not None)
        client_id, secret = self._client_id, None if self._client_secret is None else self._client_secret()
        if way == "client_secret_basic" and secret is not None:
            # RFC 6749 §2.3.1: both are encoded as in a form first, which the library leaves to us.
            client_id, secret = quote_plus(client_id), quote_plus(secret)
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._authlib.AsyncOAuth2Client(
                    client_id=client_id,
                    client_secret=secret,
                    token_endpoint_auth_method=way,
                    revocation_endpoint_auth_method=way,
                    timeout=self._timeout,
                    follow_redirects=False,
                    # What is compressed has a size that is not seen before it is there.
                    headers={"accept-encoding": "identity"},
                    event_hooks={"response": [self._limit]},
                    verify=await self._get_context(),
                    transport=self._transport,
                ) as client,
            ):
                yield client
        except OAuthAnswerError as exc:
            _note(url, exc.reason)
            raise
        except OAuthUnavailableError:
            _note(url, "it answered with a status of 500 or above")
            raise
        except self._authlib.OAuthError as exc:
            raise _make_refusal(exc.error) from None
        except (TimeoutError, self._httpx.TransportError) as exc:
            _note(url, type(exc).__name__)
            raise OAuthUnavailableError from None
        except self._httpx.HTTPStatusError as exc:
            _note(url, f"it answered {exc.response.status_code}")
            raise _make_status_error(exc.response.status_code) from None
        except (ValueError, self._httpx.HTTPError) as exc:
            # Without the text: it may repeat what came.
            _note(url, f"{type(exc).__name__} while its answer was read")
            raise OAuthAnswerError("It cannot be read.") from None

    # Any: the library's own type.
    async def _limit(self, response: Any) -> None:
        """Refuse an answer before it is read, and bound what is read of it."""
        if response.is_redirect or 300 <= response.status_code < 400:
            raise OAuthAnswerError("It is a redirect, and is not followed.")
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise OAuthAnswerError("It is compressed, and nobody asked for that.")
        response.stream = _bound(self._httpx, response.stream)

    async def _get_context(self) -> Any:
        """Load the certificates of the system once, in a thread: they are read from files."""
        if self._transport is not None:
            return False
        if self._context is None:
            self._context = await run_in_thread(self._httpx.create_ssl_context)
        return self._context


def _choose_way(said: str | None, endpoints: Endpoints | None, *, has_secret: bool) -> str:
    if said is not None:
        return said
    if not has_secret:
        return "none"
    ways = frozenset() if endpoints is None else endpoints.client_auth
    # OpenID Connect Core 1.0 §9: `client_secret_basic` is what is meant where nothing is said.
    only_post = "client_secret_post" in ways and "client_secret_basic" not in ways
    return "client_secret_post" if only_post else "client_secret_basic"


# Any: the library's own type.
def _expect_success(response: Any) -> None:
    if not 200 <= response.status_code < 300:
        raise _make_status_error(response.status_code)


def _expect_grant(response: Any) -> None:
    if response.status_code in {400, 401}:
        raise _make_refusal(_read_object(response.content).get("error"))
    _expect_success(response)


def _make_refusal(code: object) -> GrantRefusedError:
    return GrantRefusedError(code if isinstance(code, str) and code in _REFUSALS else "unknown")


def _make_status_error(status: int) -> OAuthAnswerError | OAuthUnavailableError:
    return OAuthUnavailableError() if status >= 500 else OAuthAnswerError(f"It has the status {status}.")


# Any: as JSON has it.
def _read_object(data: bytes) -> dict[str, Any]:
    try:
        read = json.loads(data)
    except (ValueError, RecursionError):
        raise OAuthAnswerError("It is no JSON.") from None
    if not isinstance(read, dict):
        raise OAuthAnswerError("It is no object of JSON.")
    return read


def _note(url: str, problem: str) -> None:
    _LOGGER.warning("The login provider at %s gave no answer that can be used: %s", url.partition("?")[0], problem)


# Any: the library's own types, here and below.
def _bound(httpx: Any, stream: Any) -> Any:
    async def read() -> AsyncIterator[bytes]:
        size = 0
        async for chunk in stream:
            size += len(chunk)
            if size > MAX_ANSWER_BYTES:
                raise OAuthAnswerError(f"It has more than {MAX_ANSWER_BYTES} bytes.")
            yield chunk

    return _make_stream(httpx, read, stream.aclose)


def _make_stream(httpx: Any, read: Callable[[], AsyncIterator[bytes]], close: Callable[[], Awaitable[None]]) -> Any:
    # Made here: the base class comes with the library.
    class Bounded(httpx.AsyncByteStream):  # type: ignore[misc]
        def __aiter__(self) -> AsyncIterator[bytes]:
            return read()

        async def aclose(self) -> None:
            await close()

    return Bounded()


def _leave_open(httpx: Any, transport: Any) -> Any:
    """Keep a transport of somebody else's from being closed with each client."""

    class Shared(httpx.AsyncBaseTransport):  # type: ignore[misc]
        async def handle_async_request(self, request: Any) -> Any:
            return await transport.handle_async_request(request)

    return Shared()
