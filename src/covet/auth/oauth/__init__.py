"""
Logins with another service, and access tokens that it has made: OAuth 2.0 and OpenID Connect.

- `provider`: `OAuth2Provider`; `options`: what it is told; `routes`: what it adds to an application.
- `login_flow`: the way there and back; `pending_logins`: what the session knows of it meanwhile; `principal_maker`:
  who somebody is here; `login_record`: what the session knows of it afterwards.
- `identity`: who has logged in, and the tokens; `signed_tokens`: how they are verified; `bearer_tokens`: those that
  others bring; `refreshes`: new ones.
- `endpoints`, `discovery`: where a provider is asked; `client`: what asks it. `errors`: what goes wrong.
"""

from covet.auth.oauth.errors import OAuthAnswerError, OAuthLoginError, OAuthUnavailableError
from covet.auth.oauth.identity import OAuthIdentity, OAuthTokens
from covet.auth.oauth.options import OAuth2Options
from covet.auth.oauth.provider import OAuth2Provider

__all__ = [
    "OAuth2Options",
    "OAuth2Provider",
    "OAuthAnswerError",
    "OAuthIdentity",
    "OAuthLoginError",
    "OAuthTokens",
    "OAuthUnavailableError",
]
