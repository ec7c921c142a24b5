"""
Redirects that cannot be turned against their users.
"""

from covet.exceptions import ResponseError
from covet.http.response import HeaderSource, Response
from covet.http.urls import URL, quote_url, safe_redirect_target
from covet.tasks import BackgroundTasks

_REDIRECTS = (301, 302, 303, 307, 308)


class RedirectResponse(Response):
    """
    A redirect.

    Args:
        url: Where to go: a path of this site. Another site needs `allow_external=True`.
        status_code: 301, 302, 303, 307 or 308. 307 keeps method and body.
        headers: Further headers.
        background: What runs after it was sent.
        allow_external: The target may be another site; never say so for a target that a client gave.

    Raises:
        ResponseError: If the target leads to another site and that is not allowed, has a control
            character, or if the status is no redirect.

    Example:
        >>> RedirectResponse("/login?next=/account").headers["location"]
        '/login?next=/account'
        >>> RedirectResponse("//evil.example/")
        Traceback (most recent call last):
            ...
        covet.exceptions.ResponseError: The target of a redirect is no path of this site.
          Start it with one '/', or say allow_external=True for a target of your own.
    """

    __slots__ = ()

    def __init__(
        self,
        url: str | URL,
        status_code: int = 307,
        headers: HeaderSource | None = None,
        background: BackgroundTasks | None = None,
        *,
        allow_external: bool = False,
    ) -> None:
        if status_code not in _REDIRECTS:
            allowed = ", ".join(map(str, _REDIRECTS))
            raise ResponseError(f"A redirect's status is one of {allowed}, got {status_code!r}.")
        super().__init__(None, status_code, headers, background=background)
        try:
            location = quote_url(str(url)) if allow_external else safe_redirect_target(str(url))
        except ValueError as exc:
            if allow_external:
                raise ResponseError("The target of a redirect has a character that no URL can carry.") from exc
            raise ResponseError(
                "The target of a redirect is no path of this site.",
                hint="Start it with one '/', or say allow_external=True for a target of your own.",
            ) from exc
        self.headers["location"] = location
