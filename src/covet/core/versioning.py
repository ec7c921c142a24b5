"""
Versions of an API: what stands before the paths of each, and how a client may ask for one without naming it there.

Every version has paths of its own, such as `/v1/users`, whatever else chooses it: they can be listed, linked and tried
in a browser. A header or a media type leads from `/users` to one of them.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from covet.core.middleware import Middleware
from covet.exceptions import ConfigurationError, HTTPError, NotAcceptableError, NotFoundError
from covet.http.request import Request
from covet.http.response import Response
from covet.serialization import negotiate

GetHeader = Callable[[str], str | None]

_VERSION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,31}")
# RFC 9110 §5.6.2
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_MARK: Final = "{version}"
_UNWANTED: Final = re.compile(r"(?:^|;)[ \t]*[qQ]=0(?:\.0{0,3})?[ \t]*(?:;|$)")
# APPSEC: docs/security.md, row 26: longer headers are not read.
_MAX_LENGTH: Final = 8192


@dataclass(frozen=True, kw_only=True)
class PrefixVersioning:
    """
    Versions by path: `/v1/users`.

    Args:
        prefix: What stands before the paths of a version.

    Raises:
        ConfigurationError: If it does not say where the version goes.

    Example:
        >>> PrefixVersioning(prefix="/api/{version}").make_prefix("2")
        '/api/2'
    """

    prefix: str = "/v{version}"

    def __post_init__(self) -> None:
        if not self.prefix.startswith("/") or self.prefix.endswith("/") or self.prefix.count(_MARK) != 1:
            raise ConfigurationError(
                f"The prefix of versions must begin with a slash and hold {_MARK} once, got {self.prefix!r}.",
                hint="Write '/v{version}'.",
            )

    @property
    def header(self) -> str | None:
        """The header that chooses a version; `None` if the path alone does."""
        return None

    def make_prefix(self, version: str) -> str:
        """
        Write what stands before the paths of a version.

        Raises:
            ConfigurationError: If it is no version: letters, digits, dots, hyphens and underscores.
        """
        if not isinstance(version, str) or not _VERSION.fullmatch(version):
            raise ConfigurationError(
                f"{version!r} is no version.", hint="Write a text such as '1', '2.1' or '2026-01-02'."
            )
        return self.prefix.replace(_MARK, version)

    def read(self, get_header: GetHeader, having: Collection[str]) -> str | None:  # noqa: ARG002
        """
        Read which version a request asks for; `None` if it does not say.

        Args:
            get_header: Gives a header's value by its name in lower case.
            having: The versions that have the path.
        """
        return None

    # What is asked for is not repeated: it came from outside.
    def refuse(self, versions: Iterable[str]) -> HTTPError:
        """Make the answer to a request for a version that does not have the path, which others have."""
        return NotFoundError("The path exists in other versions.", extensions={"versions": list(versions)})

    def rewrite(self, name: str, value: str) -> str:  # noqa: ARG002
        """Write a header as the handlers of the version see it."""
        return value


@dataclass(frozen=True, kw_only=True)
class HeaderVersioning(PrefixVersioning):
    """
    Versions by a header: `API-Version: 1`, or else by path.

    A path that the version does not have is a 404 that lists the versions that do. Answers vary by the header.

    Args:
        prefix: What stands before the paths of a version.
        name: The header.
        default: The version of requests that do not say; without one they find no versioned route.

    Raises:
        ConfigurationError: If the name is none of a header.
    """

    name: str = "api-version"
    default: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not _TOKEN.fullmatch(self.name):
            raise ConfigurationError(f"{self.name!r} is no name of a header.")

    @property
    def header(self) -> str | None:
        """The header that chooses a version."""
        return self.name.lower()

    def read(self, get_header: GetHeader, having: Collection[str]) -> str | None:  # noqa: ARG002
        """Read which version a request asks for."""
        value = get_header(self.name.lower())
        if value is None:
            return self.default
        value = value.strip()
        return value if _VERSION.fullmatch(value) else ""

    def refuse(self, versions: Iterable[str]) -> HTTPError:
        """Make the answer to a request for a version that does not have the path, which others have."""
        return NotFoundError(
            f"The path exists in other versions: name one in {self.name}.",
            headers={"vary": self.name},
            extensions={"versions": list(versions)},
        )


@dataclass(frozen=True, kw_only=True)
class MediaTypeVersioning(PrefixVersioning):
    """
    Versions by a media type: `Accept: application/vnd.shop.v1+json`, or else by path.

    A version that does not have the path is a 406 that lists the media types of those that do. The handlers see the
    media type as JSON, and answers have the `Content-Type` that they would have anyhow.

    Args:
        prefix: What stands before the paths of a version.
        media_type: The media type.
        default: The version of requests that do not say; without one they find no versioned route.

    Raises:
        ConfigurationError: If the media type does not say where the version goes.
    """

    media_type: str
    default: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        main, _, sub = self.media_type.partition("/")
        if sub.count(_MARK) != 1 or not sub.endswith("+json") or not _TOKEN.fullmatch(main):
            raise ConfigurationError(
                f"The media type of versions must hold {_MARK} once and end with '+json', got {self.media_type!r}.",
                hint="Write 'application/vnd.shop.v{version}+json'.",
            )

    @property
    def header(self) -> str | None:
        """The header that chooses a version."""
        return "accept"

    def read(self, get_header: GetHeader, having: Collection[str]) -> str | None:
        """Read which version a request asks for: of several that have the path the most welcome (RFC 9110 §12.5.1)."""
        accept = get_header("accept")
        named = self._find_all(accept)
        if not named:
            return self.default
        offers = {self.media_type.replace(_MARK, version): version for version in named if version in having}
        chosen = negotiate(accept, list(offers))
        if chosen is not None:
            return offers[chosen]
        # Whoever says only which ones he does not want gets another.
        return self.default if offers and self.default not in offers.values() else ""

    def refuse(self, versions: Iterable[str]) -> HTTPError:
        """Make the answer to a request for a version that does not have the path, which others have."""
        return NotAcceptableError([self.media_type.replace(_MARK, version) for version in versions])

    def rewrite(self, name: str, value: str) -> str:
        """Write `Accept` as the handlers of the version see it: with JSON in place of the media type."""
        if name != "accept":
            return value
        before, after = self.media_type.split(_MARK)
        parts = value.split(",")
        for number, part in enumerate(parts):
            kind, semicolon, parameters = part.partition(";")
            is_version = _between(kind.strip().lower(), before.lower(), after.lower()) is not None
            # A version that is not wanted says nothing about JSON.
            if is_version and not _UNWANTED.search(parameters):
                parts[number] = f"application/json{semicolon}{parameters}"
        return ",".join(parts)

    def _find_all(self, accept: str | None) -> Sequence[str]:
        if accept is None or len(accept) > _MAX_LENGTH:
            return ()
        before, after = self.media_type.lower().split(_MARK)
        kinds = (part.partition(";")[0].strip().lower() for part in accept.split(","))
        return [version for kind in kinds if (version := _between(kind, before, after)) is not None]


Versioning = PrefixVersioning


def check_versioning(policy: object) -> Versioning:
    """
    Return what says how clients choose between versions, or refuse it.

    Raises:
        ConfigurationError: If it is no policy.

    Example:
        >>> check_versioning(HeaderVersioning()).header
        'api-version'
    """
    if isinstance(policy, PrefixVersioning):
        return policy
    name = policy.__name__ if isinstance(policy, type) and issubclass(policy, PrefixVersioning) else "HeaderVersioning"
    raise ConfigurationError(
        f"versioning must be a policy of covet.core.versioning, got {policy!r}.", hint=f"Write {name}(...)."
    )


def check_default(policy: Versioning, versions: Iterable[str]) -> None:
    """
    Refuse a default that is none of the versions: requests that do not say one would find nothing.

    Raises:
        ConfigurationError: If it is none.

    Example:
        >>> check_default(HeaderVersioning(default="1"), ["1", "2"])
    """
    default = getattr(policy, "default", None)
    known = list(versions)
    if default is not None and known and default not in known:
        raise ConfigurationError(
            f"{type(policy).__name__} has the default {default!r}, and there is no such version.",
            hint=f"The versions are: {', '.join(map(repr, known))}.",
        )


class VaryByVersion(Middleware):
    """
    Say that the answers of a version depend on the header that chooses it.

    Args:
        header: The header.
    """

    def __init__(self, header: str) -> None:
        self._header = header

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002
        """Add the header to `Vary`."""
        response.headers.add_vary(self._header)
        return response


def _between(text: str, before: str, after: str) -> str | None:
    if not text.startswith(before) or not text.endswith(after):
        return None
    version = text[len(before) : len(text) - len(after)]
    return version if _VERSION.fullmatch(version) else None


__all__ = ["HeaderVersioning", "MediaTypeVersioning", "PrefixVersioning", "Versioning"]
