"""
A page in the form that is asked for: by `?format=`, or by `Accept`.
"""

from collections.abc import Sequence
from typing import Final

from covet.debug.document import CONTENT_SECURITY_POLICY, write_document
from covet.debug.page import Page
from covet.exceptions import BadRequestError, NotAcceptableError, suggest
from covet.http.request import Request
from covet.http.response import Response
from covet.serialization import encode_json
from covet.serialization.media_types import negotiate
from covet.text_table import align_table

# In the order of preference: programs ask for nothing, and browsers ask for HTML.
_MEDIA_TYPES: Final = {
    "json": "application/json",
    "html": "text/html",
    "text": "text/plain",
    "mermaid": "text/vnd.mermaid",
}

_HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def list_formats(page: Page) -> list[str]:
    """
    List the forms that a page has, the preferred one first: for programs JSON, of the first page HTML.

    Example:
        >>> list_formats(Page("di", "Services", {}, sources={"mermaid": "flowchart LR"}))
        ['json', 'html', 'text', 'mermaid']
    """
    formats = ["json", "html", "text", *(name for name in page.sources if name != "text")]
    return formats if page.name else ["html", "json", "text"]


def choose_format(request: Request, formats: Sequence[str]) -> str:
    """
    Choose the form of an answer.

    Args:
        request: The request.
        formats: The forms on offer, the preferred one first.

    Raises:
        BadRequestError: If the query asks for another one.
        NotAcceptableError: If the client accepts none.
    """
    asked = request.query_params.get("format")
    if asked is not None:
        if asked not in formats:
            raise BadRequestError(f"There is no format of that name. {suggest(asked, formats)}")
        return asked
    media_types = [_MEDIA_TYPES[name] for name in formats]
    chosen = negotiate(request.headers.get("accept"), media_types)
    if chosen is None:
        raise NotAcceptableError(media_types)
    return formats[media_types.index(chosen)]


def render(request: Request, page: Page, *, prefix: str, links: Sequence[tuple[str, str]]) -> Response:
    """
    Write a page for a request.

    Args:
        request: The request.
        page: The page.
        prefix: What its path begins with.
        links: The last parts of the paths of all pages, and their titles.

    Raises:
        BadRequestError: If the query asks for a form that there is not.
        NotAcceptableError: If the client accepts none of them.
    """
    formats = list_formats(page)
    form = choose_format(request, formats)
    content: str | bytes
    if form == "json":
        content = encode_json(page.data)
    elif form == "html":
        # A mounted application has its pages below the prefix of its mount.
        content = write_document(page, prefix=f"{request.root_path}{prefix}", links=links, formats=formats)
    elif form in page.sources:
        content = f"{page.sources[form]}\n"
    else:
        content = write_text(page)
    response = Response(content, headers=_HEADERS, media_type=_write_media_type(form))
    response.headers.add_vary("Accept")
    return response


def write_text(page: Page) -> str:
    """
    Write a page as plain text.

    Example:
        >>> from covet.debug.page import Table
        >>> print(write_text(Page("routes", "Routes", {}, (Table("Routes", ("Path",), (("/users",),)),))), end="")
        Routes
        <BLANKLINE>
        PATH
        /users
    """
    blocks = [page.title]
    for table in page.tables:
        if table.title != page.title:
            blocks.append(table.title)
        headings = [heading.upper() for heading in table.headings]
        blocks.append(align_table(headings, table.rows).lstrip("\n") if table.rows else table.empty)
    if page.drawing:
        blocks.append(page.drawing)
    return "\n\n".join(blocks) + "\n"


def _write_media_type(form: str) -> str:
    media_type = _MEDIA_TYPES[form]
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
