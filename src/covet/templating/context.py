"""
What every template knows besides what it is given: the request, and what only a request can say.
"""

from collections.abc import Mapping
from functools import partial
from html import escape
from typing import Any

from covet.http.percent import quote_path
from covet.http.request import Request
from covet.templating.errors import TemplateError


# Any: values of templates have every type.
def make_context(request: Request) -> Mapping[str, Any]:
    """
    Make what templates know of a request: `request`, `url_for`, `csrf_token`, `csrf_field` and `csp_nonce`.

    Args:
        request: The request.

    Example:
        >>> sorted(make_context(Request()))
        ['csp_nonce', 'csrf_field', 'csrf_token', 'request', 'url_for']
    """
    return {
        "request": request,
        "url_for": partial(url_for, request),
        "csrf_token": partial(csrf_token, request),
        "csrf_field": partial(csrf_field, request),
        "csp_nonce": partial(csp_nonce, request),
    }


def url_for(request: Request, name: str, /, **params: object) -> str:
    """
    Write the path of a route by its name, below the prefix that the application is mounted under.

    Args:
        request: The request.
        name: The route's name.
        **params: The values of its path's parameters.

    Raises:
        CovetError: If there is no such route, or a parameter is missing.
    """
    if request.app is None:
        raise TemplateError("url_for() needs a request of an application.")
    path: str = request.app.url_for(name, **params)
    return f"{quote_path(request.root_path)}{path}"


def csrf_token(request: Request) -> str:
    """
    Return the token that protects the forms of a request from other sites.

    A middleware leaves it, or a function that makes it, in `request.state.csrf_token`.

    Args:
        request: The request.

    Raises:
        TemplateError: If no middleware does: a form without protection must not look as if it had one.

    Example:
        >>> request = Request()
        >>> request.state.csrf_token = "secret"
        >>> csrf_token(request)
        'secret'
    """
    token = getattr(request.state, "csrf_token", None)
    if token is None:
        raise TemplateError(
            "csrf_token() has no token: no middleware protects this route.",
            hint="Add the CSRF middleware, or leave csrf_token() out.",
        )
    return str(token() if callable(token) else token)


class HiddenField:
    """
    A field of a form that nobody sees; templates write it as it is.

    Args:
        name: Its name.
        value: Its value.

    Example:
        >>> print(HiddenField("csrf_token", '"'))
        <input type="hidden" name="csrf_token" value="&quot;">
    """

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self.value = value

    def __html__(self) -> str:
        return f'<input type="hidden" name="{escape(self.name)}" value="{escape(self.value)}">'

    __str__ = __html__


def csrf_field(request: Request) -> HiddenField:
    """
    Return the hidden field of a form that has its CSRF token.

    Args:
        request: The request.

    Raises:
        TemplateError: If no middleware protects the route.

    Example:
        >>> request = Request()
        >>> request.state.csrf_token = "secret"
        >>> print(csrf_field(request))
        <input type="hidden" name="csrf_token" value="secret">
    """
    token = csrf_token(request)
    # The middleware knows what the field is called.
    name = getattr(request.state.csrf_token, "field", "csrf_token")
    return HiddenField(name, token)


def csp_nonce(request: Request) -> str:
    """
    Return the nonce that lets a script or style of this page run under its Content-Security-Policy.

    Args:
        request: The request.

    Raises:
        TemplateError: If no policy has a nonce: a page that shows one would not work.

    Example:
        >>> request = Request()
        >>> request.state.csp_nonce = "r4nd0m"
        >>> csp_nonce(request)
        'r4nd0m'
    """
    nonce = getattr(request.state, "csp_nonce", None)
    if nonce is None:
        raise TemplateError(
            "csp_nonce() has no nonce: no middleware makes one for this route.",
            hint="Add SecurityHeadersMiddleware with '{nonce}' in its csp_policy, or leave csp_nonce() out.",
        )
    return str(nonce)
