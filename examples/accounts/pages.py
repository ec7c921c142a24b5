"""
The pages: one for everybody, those for who has logged in, one for the administrator.
"""

from typing import Annotated

from covet import Form, Request, Response
from covet.auth import APIKeyAuthProvider, PasswordAuthProvider, Principal, requires
from covet.core import CovetRouter
from covet.exceptions import AuthenticationError, NotFoundError
from covet.http.urls import URL
from covet.responses import RedirectResponse
from covet.templating import Templates
from examples.accounts.store import Accounts, Keys

pages = CovetRouter()
account = CovetRouter(prefix="/account", middleware=[requires()])
admin = CovetRouter(prefix="/admin", middleware=[requires(role="admin")])


@pages.exception_handler(AuthenticationError)
async def ask_to_log_in(request: Request, _error: AuthenticationError) -> Response:
    """
    Lead who is not known to the login page, and from there back.
    """
    login = URL("/login")
    if request.method == "GET":
        login = login.include_query_params(next=URL.from_parts("", "", request.url.path, request.url.query))
    return RedirectResponse(login, 303)


@pages.get("/")
async def show_home(request: Request, templates: Templates) -> Response:
    return await templates.render(request, "home.html")


@pages.post("/logout")
async def log_out(request: Request, logins: PasswordAuthProvider) -> Response:
    await logins.logout(request)
    return RedirectResponse("/", 303)


# ── The account ──────────────────────────────────────────────────────────────


@account.get("")
async def show_account(request: Request, principal: Principal, keys: Keys, templates: Templates) -> Response:
    listed = await keys.list_of(str(principal.id))
    return await templates.render(request, "account.html", {"keys": listed, "new_key": None})


@account.post("/keys")
async def create_key(
    request: Request,
    name: Annotated[str, Form(min_length=1, max_length=40)],
    principal: Principal,
    provider: APIKeyAuthProvider,
    keys: Keys,
    templates: Templates,
) -> Response:
    # A key may less than its owner: it never administrates.
    new_key = await provider.create_token(Principal(principal.id, scopes=["account"]), name=name)
    shown = {"keys": await keys.list_of(str(principal.id)), "new_key": new_key}
    # Shown this once, and kept by nobody: neither in the store, nor in the session, nor in the browser's cache.
    headers = {"cache-control": "no-store"}
    return await templates.render(request, "account.html", shown, status_code=201, headers=headers)


@account.post("/keys/{key_hash}/revoke")
async def revoke_key(key_hash: str, principal: Principal, provider: APIKeyAuthProvider, keys: Keys) -> Response:
    if key_hash not in {key.key_hash for key in await keys.list_of(str(principal.id))}:
        raise NotFoundError("You have no such key.")
    await provider.revoke_hash(key_hash)
    return RedirectResponse("/account", 303)


# ── The administrator ────────────────────────────────────────────────────────


@admin.get("")
async def show_accounts(request: Request, accounts: Accounts, templates: Templates) -> Response:
    return await templates.render(request, "admin.html", {"accounts": await accounts.list_all()})


@admin.post("/{username}/close")
async def close_account(username: str, principal: Principal, accounts: Accounts) -> Response:
    # Nobody locks themselves out.
    if username != principal.id:
        await accounts.set_active(username, False)
    return RedirectResponse("/admin", 303)


@admin.post("/{username}/open")
async def open_account(username: str, accounts: Accounts) -> Response:
    await accounts.set_active(username, True)
    return RedirectResponse("/admin", 303)


pages.include_router(account)
pages.include_router(admin)
