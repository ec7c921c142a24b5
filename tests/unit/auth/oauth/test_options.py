"""
The options of a provider: what is wrong with them is said when it is made.
"""

from datetime import timedelta
from typing import Any

import pytest

from covet.auth import AuthenticationSetupError, OAuth2Provider
from covet.auth.oauth.options import check_options
from covet.config import Secret
from covet.exceptions import ConfigurationError

GOOD: dict[str, Any] = {"client_id": "shop", "issuer": "https://login.example.com"}
ALONE: dict[str, Any] = {
    "issuer": None,
    "authorize_url": "https://a.example/in",
    "token_url": "https://a.example/token",
    "userinfo_url": "https://a.example/user",
}


def test_little_has_to_be_said() -> None:
    """The rest is what most want."""
    options = check_options("google", {"client_id": "shop", "issuer": "https://login.example.com"})

    assert (options.scopes, options.algorithms) == (("openid",), ("RS256", "ES256"))
    assert (options.login_path, options.redirect_path) == ("/auth/google/login", "/auth/google/callback")
    assert (options.keep_tokens, options.bearer, options.client_secret) == (False, None, None)
    assert (options.login_lifetime, options.timeout) == (600.0, 10.0)


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("Google", {}, "name is 'Google'"),
        ("a/b", {}, "name is 'a/b'"),
        ("", {}, "name is ''"),
        ("google", {"client_id": ""}, "client_id is ''"),
        ("google", {"client_id": None}, "client_id is None"),
        ("google", {"client_secret": ""}, "client_secret is empty"),
        ("google", {"client_secret": b"hush-hush"}, "client_secret is of type bytes"),
        ("google", {"issuer": None}, "neither issuer nor authorize_url and token_url"),
        ("google", {"issuer": "http://login.example.com"}, "issuer is no address with https://"),
        ("google", {"issuer": "https://login.example.com?a=b"}, "issuer has a query"),
        ("google", {"token_url": "https://a.example/"}, "issuer is given, and authorize_url or token_url besides"),
        ("google", {"revocation_url": "http://a.example/"}, "revocation_url is no address with https://"),
        ("google", {**ALONE, "userinfo_url": None}, "userinfo_url is missing"),
        ("google", {**ALONE, "token_url": "http://10.0.0.1/"}, "token_url is no address with https://"),
        ("google", {**ALONE, "max_age": 60}, "max_age needs an issuer"),
        ("google", {**ALONE, "bearer": "jwt", "audience": "api"}, "bearer='jwt' needs an issuer"),
        ("google", {**ALONE, "bearer": "introspection", "client_secret": "x"}, "'introspection' needs an address"),
        ("google", {"bearer": "introspection"}, "'introspection' needs a client_secret"),
        ("google", {"bearer": "jwt"}, "needs an audience of its own"),
        ("google", {"bearer": "jwt", "audience": "shop"}, "needs an audience of its own"),
        ("google", {"bearer": "yes"}, "bearer is 'yes'"),
        ("google", {"audience": "api"}, "audience is for access tokens"),
        ("google", {"make_token_principal": print}, "make_token_principal is for access tokens"),
        ("google", {"scopes": "openid"}, "scopes is 'openid'"),
        ("google", {"scopes": ["email"]}, "scopes lacks 'openid'"),
        ("google", {"scopes": ["openid", "a b"]}, "scopes is"),
        ("google", {"algorithms": "RS256"}, "algorithms is 'RS256'"),
        ("google", {"algorithms": []}, "algorithms is []"),
        ("google", {"algorithms": ["none"]}, "algorithms is ['none']"),
        ("google", {"algorithms": ["HS256"]}, "algorithms is ['HS256']"),
        ("google", {"client_auth": "private_key_jwt"}, "client_auth is 'private_key_jwt'"),
        ("google", {"client_auth": "client_secret_post"}, "client_auth needs a client_secret"),
        ("google", {"authorize_params": {"state": "x"}}, "authorize_params has 'state'"),
        ("google", {"authorize_params": {"prompt": 1}}, "authorize_params has 'prompt'"),
        ("google", {"base_url": "http://shop.example.com"}, "base_url is no address with https://"),
        ("google", {"base_url": "https://shop.example.com/a"}, "base_url is"),
        ("google", {"login_path": "auth"}, "login_path is 'auth'"),
        ("google", {"redirect_path": "/auth/{x}"}, "redirect_path is '/auth/{x}'"),
        ("google", {"redirect_path": "//evil"}, "redirect_path is '//evil'"),
        ("google", {"login_path": "/a", "logout_path": "/a"}, "are not three"),
        ("google", {"after_login": "https://evil.example"}, "after_login is"),
        ("google", {"after_logout": "//evil"}, "after_logout is"),
        ("google", {"keep_tokens": 1}, "keep_tokens is 1"),
        ("google", {"max_logins": 0}, "max_logins is 0"),
        ("google", {"timeout": 0}, "timeout is 0"),
        ("google", {"login_lifetime": timedelta(days=1)}, "login_lifetime is"),
        ("google", {"leeway": True}, "leeway is True"),
    ],
)
def test_what_cannot_be_meant_is_refused(name: str, changes: dict[str, Any], said: str) -> None:
    """With the option, its value, and what to write."""
    with pytest.raises(AuthenticationSetupError) as caught:
        OAuth2Provider(name, **{**GOOD, **changes})

    assert said in str(caught.value)
    assert "hush" not in str(caught.value)
    assert caught.value.hint


def test_an_unknown_option_names_the_one_that_was_meant() -> None:
    """A typing error is found at once."""
    with pytest.raises(ConfigurationError, match=r"no option 'scope'\.\n  Did you mean 'scopes'\?"):
        OAuth2Provider("google", client_id="shop", issuer="https://a.example", scope=["openid"])  # type: ignore[call-arg]


def test_a_secret_is_kept_as_one() -> None:
    """Whatever it was given as."""
    for secret in ("hush", Secret("hush")):
        options = check_options("google", {**GOOD, "client_secret": secret})  # type: ignore[typeddict-item]
        assert "hush" not in repr(options)
        assert options.client_secret == "hush"
