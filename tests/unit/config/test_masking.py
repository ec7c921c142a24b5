"""
What values look like when they are shown.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from covet.config import Environment, Secret
from covet.config.masking import collect_secrets, is_sensitive, is_sensitive_input, mask_text, mask_value, redact, show
from covet.config.secret import MASK


@pytest.mark.parametrize(
    "name",
    [
        "password", "db_passwd", "API_KEY", "apikey", "auth_token", "client_secret", "private_key", "pin", "key",
        "pwd", "db_pwd", "pass", "smtp_pass", "pass_word", "passCode", "bearer", "code_verifier", "recovery_codes",
    ],
)  # fmt: skip
def test_names_that_say_secret(name: str) -> None:
    """A text under such a name is masked."""
    assert is_sensitive(name)
    assert mask_value("hunter2", name=name) == MASK


@pytest.mark.parametrize(
    "name", ["host", "pool_size", "keyboard", "pinned", "monkey", "url", "bypass", "passes", "cookie", "auth"]
)
def test_names_that_do_not(name: str) -> None:
    """Other names hide nothing: a mask too many makes people stop reading."""
    assert mask_value("tea", name=name) == "tea"


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        ("password", True), ("cookie", True), ("Set-Cookie", True), ("auth", True), ("x-auth", True),
        ("authorization", True), ("bearer", True), ("assertion", True), ("client_assertion", True), ("mfa_code", True),
        ("mfaCode", True), ("totp", True), ("cvv", True), ("X-Session-Id", True), ("x-hub-signature-256", True),
        ("author", False), ("status_code", False), ("country_code", False), ("name", False),
    ],
)  # fmt: skip
def test_clients_send_more_that_is_secret(name: str, is_secret: bool) -> None:
    """One list, for the log of requests and for traces; what a setting may be called is not all of it."""
    assert is_sensitive_input(name) is is_secret


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ada:p@ss:w0rd@db/shop", f"postgresql://ada:{MASK}@db/shop"),
        ("redis://:hunter2@cache:6379/0", f"redis://:{MASK}@cache:6379/0"),
        ("amqp://a:b@x/,amqp://a:c@y/", f"amqp://a:{MASK}@x/,amqp://a:{MASK}@y/"),
        ("https://example.com/?access_token=abc&x=1#top", f"https://example.com/?access_token={MASK}&x=1#top"),
        (
            "https://a.com/?code=abc&pwd=x&pass=y&postcode=1",
            f"https://a.com/?code={MASK}&pwd={MASK}&pass={MASK}&postcode=1",
        ),
        ("https://ada@example.com/", "https://ada@example.com/"),
        ("https://ada@example.com:8080/@x", "https://ada@example.com:8080/@x"),
        ("mysql://ada@server:pa/ss?w#rd@db/shop", f"mysql://ada@server:{MASK}@db/shop"),
        ("not a url: a:b@c", "not a url: a:b@c"),
        ("redis://:correct horse@h", f"redis://:{MASK}@h"),
    ],
)
def test_passwords_in_urls_are_hidden(url: str, shown: str) -> None:
    """The rest of the address stays, since it is what one looks for."""
    assert mask_text(url) == shown


@given(st.text(alphabet="abcXYZ0189:@!$&*+,;=._~%-", min_size=8, max_size=40))
def test_no_password_of_a_url_is_shown(password: str) -> None:
    """Whatever characters it has, none of a password's text is left."""
    assume(password not in f"{MASK}@localhost")

    assert password not in mask_text(f"postgresql://ada:{password}@localhost:5432/shop")


def test_builtins_are_made_of_everything() -> None:
    """Dataclasses, enumerations, paths and collections become what JSON has."""

    @dataclass
    class Mail:
        host: str
        password: str
        key: Secret

    value = {"mail": Mail("localhost", "x", Secret("y")), "env": Environment.TESTING, "file": Path("a"), "set": {2, 1}}

    assert mask_value(value) == {
        "mail": {"host": "localhost", "password": MASK, "key": MASK},
        "env": "testing",
        "file": "a",
        "set": [1, 2],
    }


def test_items_of_a_secret_list_are_masked() -> None:
    """The name of a list says what its items are."""
    assert mask_value({"tokens": ["a", "b"]}) == {"tokens": [MASK, MASK]}


def test_a_value_in_a_message_is_not_long() -> None:
    """A whole file that was given for a name does not fill the screen."""
    assert len(show("x" * 1000)) == 80


def test_secrets_are_collected_and_redacted() -> None:
    """What somebody else wrote is freed of them, the longest first."""
    secrets = collect_secrets({"a": Secret("abcd"), "url": "x://u:abcdef@h", "token": "tt", "name": "plain"})

    assert secrets == {"abcd", "abcdef", "tt"}
    assert redact("abcdef abcd plain", secrets) == f"{MASK} {MASK} plain"


def test_a_secret_of_a_few_characters_stays() -> None:
    """It occurs in any text by chance, and a text full of masks says nothing."""
    assert redact("port 8000 is taken", ["80", "8000"]) == f"port {MASK} is taken"
