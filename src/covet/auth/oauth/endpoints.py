"""
Where a provider is asked: its addresses, as they were given or as its discovery document lists them.

It must never let a document lead to another place than one could have written down: `https`, or this machine for a
provider on this machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from covet.auth.errors import AuthenticationSetupError
from covet.auth.oauth.errors import OAuthAnswerError
from covet.http.urls import URL

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_MAX_ADDRESS: Final = 2048

# What the discovery document calls each (OpenID Connect Discovery 1.0 §3, RFC 8414 §2, RP-Initiated Logout 1.0 §2.1).
MEMBERS: Final[Mapping[str, str]] = {
    "authorize": "authorization_endpoint",
    "token": "token_endpoint",
    "jwks": "jwks_uri",
    "userinfo": "userinfo_endpoint",
    "introspection": "introspection_endpoint",
    "revocation": "revocation_endpoint",
    "end_session": "end_session_endpoint",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """
    The addresses of a provider.

    Attributes:
        authorize: Where somebody is sent to log in.
        token: What gives tokens for codes.
        jwks: The public keys.
        userinfo: What says who somebody is.
        introspection: What says whose token it is (RFC 7662).
        revocation: What takes back tokens (RFC 7009).
        end_session: Where somebody is sent to log out.
        client_auth: The ways in which a client may prove itself at the token endpoint; empty if nothing is said.
        sends_issuer: Whether the way back says which provider it comes from (RFC 9207).
    """

    authorize: str
    token: str
    jwks: str | None = None
    userinfo: str | None = None
    introspection: str | None = None
    revocation: str | None = None
    end_session: str | None = None
    client_auth: frozenset[str] = field(default=frozenset())
    sends_issuer: bool = False


def is_local(address: str) -> bool:
    """
    Tell whether an address is on this machine.

    Example:
        >>> is_local("http://127.0.0.1:9000"), is_local("http://localhost.example.com")
        (True, False)
    """
    try:
        return URL(address).host in _LOOPBACK
    except ValueError:
        return False


def find_problem(address: object, *, may_be_local: bool) -> str | None:
    """
    Say what is wrong with an address; `None` if it can be trusted.

    Args:
        address: The address.
        may_be_local: Whether `http` is good enough for this machine.

    Example:
        >>> find_problem("http://login.example.com", may_be_local=True)
        'is no address with https://'
    """
    if not isinstance(address, str) or not 0 < len(address) <= _MAX_ADDRESS:
        return "is no address"
    try:
        url = URL(address)
    except ValueError:
        return "is no address"
    if url.fragment or "#" in address:
        return "has a fragment"
    if url.scheme != "https" and not (url.scheme == "http" and may_be_local and url.host in _LOOPBACK):
        return "is no address with https://"
    return None


def check_address(option: str, address: str) -> str:
    """
    Refuse an address that was configured and cannot be trusted.

    Raises:
        AuthenticationSetupError: If it is none with `https`, or of this machine.
    """
    problem = find_problem(address, may_be_local=True)
    if problem is not None:
        raise AuthenticationSetupError(
            f"OAuth2Provider: {option} {problem}, got {address!r}: somebody in between could log in as anybody.",
            hint=f"Write {option}='https://login.example.com/…'; http:// is for this machine alone.",
        )
    return address


# Any: as JSON has it.
def read_endpoints(document: Mapping[str, Any], issuer: str) -> Endpoints:
    """
    Read the discovery document of an issuer.

    Args:
        document: The document.
        issuer: The issuer, which the document has to name with the same characters.

    Raises:
        OAuthAnswerError: If it is somebody else's, lacks what is needed, or names an address that cannot be trusted.
    """
    # OpenID Connect Discovery 1.0 §4.3: otherwise one provider could speak for another.
    if document.get("issuer") != issuer:
        raise OAuthAnswerError("Its discovery document names another issuer.")
    may_be_local = is_local(issuer)
    # Any: beside the addresses the class has other fields.
    found: dict[str, Any] = {}
    for name, member in MEMBERS.items():
        address = document.get(member)
        if address is None:
            continue
        # APPSEC: an address of the inside would be asked with the client's secret.
        problem = find_problem(address, may_be_local=may_be_local)
        if problem is not None:
            raise OAuthAnswerError(f"In its discovery document, {member} {problem}.")
        found[name] = address
    missing = [MEMBERS[name] for name in ("authorize", "token", "jwks") if name not in found]
    if missing:
        raise OAuthAnswerError(f"Its discovery document lacks {', '.join(missing)}.")
    ways = document.get("token_endpoint_auth_methods_supported")
    listed = [item for item in ways if isinstance(item, str)] if isinstance(ways, list) else []
    return Endpoints(
        **found,
        client_auth=frozenset(listed),
        sends_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )
