"""
The pages in front of the door: register, log in.
"""

from dataclasses import dataclass
from typing import Annotated

from covet import Form, Query, Request, Response
from covet.auth import InvalidCredentialsError, PasswordAuthProvider, Principal
from covet.core import CovetRouter
from covet.exceptions import ConflictError, ErrorItem, ValidationError
from covet.http.urls import safe_redirect_target
from covet.responses import RedirectResponse
from covet.security import PasswordHasher
from covet.templating import Templates
from covet.validation import Constraints
from examples.accounts.store import Accounts

DEFAULT_PAGE = "/account"
# What people do not understand, in other words.
MESSAGES = {"string_pattern_mismatch": "may have a to z, digits, - and _"}

entrance = CovetRouter()


@dataclass
class Registration:
    username: Annotated[str, Constraints(min_length=3, max_length=32, pattern=r"^[a-z0-9_-]*\Z")]
    password: Annotated[str, Constraints(min_length=12, max_length=200)]


@dataclass
class Login:
    username: str
    password: str
    next: str = DEFAULT_PAGE


def confine(target: str) -> str:
    """
    Say where a login leads: to a page of this site, whatever the address of the login page says.
    """
    try:
        return safe_redirect_target(target)
    except ValueError:
        return DEFAULT_PAGE


async def show_what_is_wrong(request: Request, error: ValidationError) -> Response:
    """
    Show the form again, with what was typed and a sentence at each field that is wrong.
    """
    templates = await request.resolve(Templates)
    errors = {
        item.pointer.removeprefix("/"): MESSAGES.get(item.type, item.message)
        # The first of several errors of a field stands at it.
        for item in reversed(error.errors)
    }
    shown = {"username": (await request.form()).get("username", ""), "errors": errors}
    return await templates.render(request, "register.html", shown, status_code=422)


@entrance.get("/register")
async def show_registration(request: Request, templates: Templates) -> Response:
    return await templates.render(request, "register.html", {"username": "", "errors": {}})


@entrance.post("/register", exception_handlers={ValidationError: show_what_is_wrong})
async def register(
    request: Request,
    new: Annotated[Registration, Form()],
    accounts: Accounts,
    hasher: PasswordHasher,
    logins: PasswordAuthProvider,
) -> Response:
    try:
        await accounts.add(new.username, await hasher.hash(new.password))
    except ConflictError:
        raise ValidationError([ErrorItem("form", "/username", "is taken", "taken")]) from None
    await logins.login(request, Principal(new.username))
    return RedirectResponse(DEFAULT_PAGE, 303)


@entrance.get("/login")
async def show_login(
    request: Request, templates: Templates, target: Annotated[str, Query(alias="next")] = DEFAULT_PAGE
) -> Response:
    return await templates.render(request, "login.html", {"username": "", "next": target, "error": ""})


@entrance.post("/login")
async def log_in(
    request: Request, login: Annotated[Login, Form()], logins: PasswordAuthProvider, templates: Templates
) -> Response:
    try:
        user = await logins.check_password(request, login.username, login.password)
    except InvalidCredentialsError as error:
        shown = {"username": login.username, "next": login.next, "error": error.reason}
        return await templates.render(request, "login.html", shown, status_code=422)
    await logins.login(request, user)
    return RedirectResponse(confine(login.next), 303)
