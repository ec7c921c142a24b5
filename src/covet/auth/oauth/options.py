"""
The options of `OAuth2Provider`, all of them checked when it is made.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal, TypedDict

from covet.auth.errors import AuthenticationSetupError
from covet.auth.oauth.endpoints import MEMBERS, check_address
from covet.auth.oauth.principal_maker import MakePrincipal
from covet.auth.principal import Principal
from covet.config.secret import Secret
from covet.exceptions import suggest
from covet.http.urls import URL, is_safe_redirect
from covet.options import UnknownOptionError
from covet.security.clock import Clock, utc_now
from covet.security.jwt import ALGORITHMS, SYMMETRIC_ALGORITHMS

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*", re.ASCII)
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_.~-]+)+", re.ASCII)
_SCOPE: Final = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+", re.ASCII)
_WAYS: Final = ("client_secret_basic", "client_secret_post")
# What the flow itself says in the address that somebody is sent to.
_OWN_PARAMETERS: Final = frozenset(
    {
        "client_id", "code_challenge", "code_challenge_method", "max_age", "nonce", "redirect_uri", "request",
        "request_uri", "response_mode", "response_type", "scope", "state",
    }
)  # fmt: skip


class OAuth2Options(TypedDict, total=False):
    """The options of `OAuth2Provider`, which says what each of them means."""

    client_id: str
    client_secret: Secret | str | None
    issuer: str | None
    authorize_url: str | None
    token_url: str | None
    userinfo_url: str | None
    introspection_url: str | None
    revocation_url: str | None
    end_session_url: str | None
    scopes: Sequence[str]
    algorithms: Sequence[str]
    client_auth: Literal["client_secret_basic", "client_secret_post"] | None
    authorize_params: Mapping[str, str]
    max_age: timedelta | float | None
    subject_claim: str
    base_url: str | None
    login_path: str
    redirect_path: str
    logout_path: str
    after_login: str
    after_logout: str
    make_principal: MakePrincipal | None
    keep_tokens: bool
    bearer: Literal["introspection", "jwt"] | None
    audience: str | None
    make_token_principal: Callable[[Mapping[str, Any]], Principal | None] | None
    login_lifetime: timedelta | float
    max_logins: int
    discovery_max_age: timedelta | float
    timeout: timedelta | float
    leeway: timedelta | float
    transport: Any
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedOptions:
    """
    The same, as they hold: checked, and with what was left out.

    Attributes:
        given: The addresses that were written down, by their names in `Endpoints`.
    """

    name: str
    client_id: str
    client_secret: Secret | None
    issuer: str | None
    given: Mapping[str, str]
    scopes: tuple[str, ...]
    algorithms: tuple[str, ...]
    client_auth: str | None
    authorize_params: Mapping[str, str]
    max_age: float | None
    subject_claim: str
    base_url: str | None
    login_path: str
    redirect_path: str
    logout_path: str
    after_login: str
    after_logout: str
    make_principal: MakePrincipal | None
    keep_tokens: bool
    bearer: str | None
    audience: str | None
    make_token_principal: Callable[[Mapping[str, Any]], Principal | None] | None
    login_lifetime: float
    max_logins: int
    discovery_max_age: float
    timeout: float
    leeway: float
    transport: Any
    clock: Clock


def check_options(name: str, options: OAuth2Options) -> CheckedOptions:
    """
    Check the options of a provider, and fill in what was left out.

    Args:
        name: Its name.
        options: Its options.

    Raises:
        UnknownOptionError: If there is no such option.
        AuthenticationSetupError: If one cannot be meant, or two do not fit together.

    Example:
        >>> check_options("shop", {"client_id": "shop", "issuer": "http://login.example.com"})
        Traceback (most recent call last):
            ...
        covet.auth.errors.AuthenticationSetupError: OAuth2Provider: issuer is no address with https://, got ...
          Write issuer='https://login.example.com/…'; http:// is for this machine alone.
    """
    for option in options:
        if option not in OAuth2Options.__annotations__:
            raise UnknownOptionError(
                f"OAuth2Provider() has no option {option!r}.", hint=suggest(option, OAuth2Options.__annotations__)
            )
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise fail(f"name is {name!r}, expected a word in lower case: it stands in paths.", "Write 'google'.")
    issuer, given = _read_addresses(options)
    checked = CheckedOptions(
        name=name,
        client_id=_read_client_id(options.get("client_id")),
        client_secret=_read_secret(options.get("client_secret")),
        issuer=issuer,
        given=given,
        scopes=_read_scopes(options.get("scopes"), has_issuer=issuer is not None),
        algorithms=_read_algorithms(options.get("algorithms", ("RS256", "ES256"))),
        client_auth=_read_choice("client_auth", options.get("client_auth"), _WAYS),
        authorize_params=_read_parameters(options.get("authorize_params", {})),
        max_age=_read_max_age(options.get("max_age"), issuer),
        subject_claim=options.get("subject_claim", "sub"),
        base_url=_read_base_url(options.get("base_url")),
        **_read_paths(name, options),
        after_login=_read_target("after_login", options.get("after_login", "/")),
        after_logout=_read_target("after_logout", options.get("after_logout", "/")),
        make_principal=options.get("make_principal"),
        keep_tokens=_read_flag("keep_tokens", options.get("keep_tokens", False)),
        bearer=_read_choice("bearer", options.get("bearer"), ("introspection", "jwt")),
        audience=options.get("audience"),
        make_token_principal=options.get("make_token_principal"),
        login_lifetime=_read_seconds("login_lifetime", options.get("login_lifetime", 600.0), 3600),
        max_logins=_read_count("max_logins", options.get("max_logins", 5)),
        discovery_max_age=_read_seconds("discovery_max_age", options.get("discovery_max_age", 3600.0), 86_400 * 7),
        timeout=_read_seconds("timeout", options.get("timeout", 10.0), 120),
        leeway=_read_seconds("leeway", options.get("leeway", 30.0), 600, minimum=0),
        transport=options.get("transport"),
        clock=options.get("clock", utc_now),
    )
    _check_together(checked)
    return checked


def fail(problem: str, hint: str) -> AuthenticationSetupError:
    """Make the error of an option that cannot be meant."""
    return AuthenticationSetupError(f"OAuth2Provider: {problem}", hint=hint)


def _check_together(options: CheckedOptions) -> None:
    paths = (options.login_path, options.redirect_path, options.logout_path)
    if len(set(paths)) < len(paths):
        raise fail("login_path, redirect_path and logout_path are not three.", "Give each a path of its own.")
    if options.issuer is None and options.subject_claim == "sub" and "userinfo" not in options.given:
        raise fail(
            "without issuer, userinfo_url is missing: nothing would say who has logged in.",
            "Write userinfo_url='https://api.example.com/user', subject_claim='id'.",
        )
    if options.client_auth is not None and options.client_secret is None:
        raise fail("client_auth needs a client_secret.", "Leave it out for a public client.")
    if options.bearer == "jwt":
        if options.issuer is None:
            raise fail("bearer='jwt' needs an issuer, whose keys they are verified by.", "Write issuer='…'.")
        # An ID token is for the client: it must not open what access tokens open.
        if not options.audience or options.audience == options.client_id:
            raise fail(
                "bearer='jwt' needs an audience of its own: ID tokens are for the client_id.",
                "Write audience='https://api.example.com', as it is registered at the provider.",
            )
    if options.bearer == "introspection":
        if options.client_secret is None:
            raise fail("bearer='introspection' needs a client_secret.", "Give it the client_secret.")
        if options.issuer is None and "introspection" not in options.given:
            raise fail("bearer='introspection' needs an address.", "Write introspection_url='https://…'.")
    if options.audience is not None and options.bearer is None:
        raise fail("audience is for access tokens, and none are taken.", "Write bearer='jwt', or leave it out.")
    if options.make_token_principal is not None and options.bearer is None:
        raise fail("make_token_principal is for access tokens, and none are taken.", "Write bearer='jwt'.")


def _read_addresses(options: OAuth2Options) -> tuple[str | None, dict[str, str]]:
    # The values of a TypedDict have the types of all its keys together.
    said: dict[str, Any] = dict(options)
    given: dict[str, str] = {}
    for name in MEMBERS:
        option = f"{name}_url"
        if said.get(option) is not None:
            given[name] = check_address(option, said[option])
    issuer = options.get("issuer")
    if issuer is not None:
        check_address("issuer", issuer)
        if URL(issuer).query:
            raise fail(f"issuer has a query, got {issuer!r}.", "Write it as the provider's discovery document does.")
        if given.keys() & {"authorize", "token"}:
            raise fail(
                "issuer is given, and authorize_url or token_url besides: which of them holds is not clear.",
                "Leave out the addresses: the issuer's discovery document says them.",
            )
    elif not given.keys() >= {"authorize", "token"}:
        raise fail(
            "neither issuer nor authorize_url and token_url say where to log in.",
            "Write issuer='https://login.example.com' for OpenID Connect, or both addresses for OAuth 2.0 alone.",
        )
    return issuer, given


def _read_client_id(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise fail(f"client_id is {value!r}, expected a text.", "Write client_id='…', as the provider has given it.")
    return value


def _read_secret(value: object) -> Secret | None:
    if value is None or isinstance(value, Secret):
        found = value
    elif isinstance(value, str):
        found = Secret(value)
    else:
        # It may be the secret, in the wrong type: it is not shown.
        raise fail(f"client_secret is of type {type(value).__name__}, expected a Secret.", "Write Secret('…').")
    if found is not None and not found:
        raise fail("client_secret is empty.", "Leave it out for a public client.")
    return found


def _read_scopes(value: Sequence[str] | None, *, has_issuer: bool) -> tuple[str, ...]:
    if value is None:
        return ("openid",) if has_issuer else ()
    if isinstance(value, str) or not all(isinstance(item, str) and _SCOPE.fullmatch(item) for item in value):
        raise fail(f"scopes is {value!r}, expected a list of words.", "Write scopes=['openid', 'email'].")
    if has_issuer and "openid" not in value:
        raise fail("scopes lacks 'openid': there would be no ID token.", "Write scopes=['openid', 'email'].")
    return tuple(dict.fromkeys(value))


def _read_algorithms(value: Sequence[str]) -> tuple[str, ...]:
    known = ALGORITHMS - SYMMETRIC_ALGORITHMS.keys()
    if isinstance(value, str) or not value or not all(item in known for item in value):
        raise fail(
            f"algorithms is {value!r}, expected a list of those with public keys.",
            f"Write algorithms=['RS256']. Available: {', '.join(sorted(known))}.",
        )
    return tuple(value)


def _read_choice(option: str, value: object, known: Sequence[str]) -> str | None:
    if value is not None and value not in known:
        raise fail(f"{option} is {value!r}.", f"Write one of {', '.join(map(repr, known))}, or leave it out.")
    return None if value is None else str(value)


def _read_parameters(value: Mapping[str, str]) -> dict[str, str]:
    for name, text in value.items():
        if name in _OWN_PARAMETERS or not isinstance(text, str):
            raise fail(f"authorize_params has {name!r}, which is said by other options.", "Leave it out.")
    return dict(value)


def _read_max_age(value: timedelta | float | None, issuer: str | None) -> float | None:
    if value is None:
        return None
    if issuer is None:
        raise fail("max_age needs an issuer: only an ID token says when somebody has logged in.", "Leave it out.")
    return _read_seconds("max_age", value, 366 * 86_400, minimum=0)


def _read_base_url(value: str | None) -> str | None:
    if value is None:
        return None
    check_address("base_url", value)
    if URL(value).query or URL(value).path not in {"", "/"}:
        raise fail(f"base_url is {value!r}, expected scheme and host.", "Write base_url='https://shop.example.com'.")
    return URL(value).origin


def _read_paths(name: str, options: OAuth2Options) -> dict[str, str]:
    paths = {
        "login_path": options.get("login_path", f"/auth/{name}/login"),
        "redirect_path": options.get("redirect_path", f"/auth/{name}/callback"),
        "logout_path": options.get("logout_path", f"/auth/{name}/logout"),
    }
    for option, path in paths.items():
        if not isinstance(path, str) or not _PATH.fullmatch(path) or not is_safe_redirect(path):
            raise fail(f"{option} is {path!r}, expected a path without parameters.", f"Write {option}='/auth/{name}'.")
    return paths


def _read_target(option: str, value: str) -> str:
    if not isinstance(value, str) or not is_safe_redirect(value):
        raise fail(f"{option} is {value!r}, expected a path of this site.", f"Write {option}='/'.")
    return value


def _read_flag(option: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise fail(f"{option} is {value!r}, expected True or False.", f"Write {option}=True.")
    return value


def _read_count(option: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100:
        raise fail(f"{option} is {value!r}, expected 1 to 100.", f"Write {option}=5.")
    return value


def _read_seconds(option: str, value: timedelta | float, maximum: float, *, minimum: float = 1) -> float:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not minimum <= seconds <= maximum:
        raise fail(f"{option} is {value!r}, expected {minimum:g} to {maximum:g} seconds.", "Write a number of seconds.")
    return float(seconds)
