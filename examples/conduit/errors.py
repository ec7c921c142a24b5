"""
Errors in the words of the specification: `{"errors": {"title": ["is missing"]}}`.
"""

from collections import defaultdict
from typing import TypeVar

from msgspec import Struct

from covet import Request
from covet.database import ForeignKeyViolationError, UniqueViolationError
from covet.exceptions import AuthenticationError, ConflictError, HTTPError, NotFoundError, ValidationError

ErrorT = TypeVar("ErrorT", bound=HTTPError)


class Errors(Struct):
    errors: dict[str, list[str]]


def fail(kind: type[ErrorT], **errors: str) -> ErrorT:
    """
    Make an error that names what it is about: `raise fail(NotFoundError, article="not found")`.
    """
    return kind(extensions={"errors": {name: [message] for name, message in errors.items()}})


async def show_error(request: Request, exc: HTTPError) -> tuple[Errors, int, dict[str, str]]:
    errors: dict[str, list[str]] = defaultdict(list)
    if isinstance(exc, ValidationError):
        for item in exc.errors:
            # In a body, what stands in the envelope: "/article/tagList/5" is about the tags.
            path = item.pointer.split("/")[1:3] or [item.source]
            errors[path[-1]].append(item.message)
    elif isinstance(named := exc.extensions.get("errors"), dict):
        errors = named
    elif isinstance(exc, AuthenticationError):
        errors["token"].append(exc.detail or exc.title if "authorization" in request.headers else "is missing")
    else:
        # Not its text: that may say more than a client should hear.
        errors["request"].append(exc.detail or exc.title)
    return Errors(errors), exc.status_code, exc.headers


async def show_taken(_: Request, exc: UniqueViolationError) -> None:
    # What the constraint is called depends on the database; the column is in it.
    name = next((name for name in ("username", "email") if name in (exc.constraint or "")), "resource")
    raise fail(ConflictError, **{name: "has already been taken"}) from exc


async def show_gone(_: Request, exc: ForeignKeyViolationError) -> None:
    # The article was deleted in this moment, or the account of the token is not there any more.
    raise fail(NotFoundError, resource="not found") from exc
