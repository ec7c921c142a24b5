"""
Values as they may be shown: secrets hidden, whatever spelled them.

A `Secret` hides itself. Here is the rest: texts whose name says that they are secret, and passwords within URLs.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath

from covet.config.secret import MASK, Secret

_MAX_SHOWN = 80
# A shorter text occurs in any message by chance; whoever has such a secret has none.
_MIN_REDACTED = 4
_SENSITIVE = re.compile(
    r"pass_?w(or)?d|pass_?phrase|pass_?code|(^|_)pass$|(^|_)pwd$|secret|token|credential|bearer"
    r"|api_?key|private_?key|access_?key|signing_?key|encryption_?key|code_?verifier|recovery_?codes?"
    r"|^pin$|^key$|^salt$",
    re.IGNORECASE,
)
# What clients send besides; a setting may be called so and be no secret, such as the name of a cookie.
_SENT = re.compile(
    r"csrf|session|signature|cookie|jwt|otp|cvv|cvc|assertion|authori[sz]ation|(^|_)auth($|_)"
    r"|(mfa|2fa|sms|backup|verification|security)_?codes?",
    re.IGNORECASE,
)
# People do not escape their passwords: one ends at the last @, unless another URL begins. A port is no password.
_USERINFO = re.compile(r"(?<=://)([^/?#\s:]*):(?!\d{1,5}(?:[/?#]|$))((?:(?!://).)*)@")
_QUERY_SECRET = re.compile(
    r"(?<=[?&])((?:[^=&#\s]*(?:pass_?w(?:or)?d|pwd|secret|token|key|credential|signature|assertion|code_?verifier|jwt)"
    r"[^=&#\s]*)|pass|code)=([^&#\s]+)",
    re.IGNORECASE,
)


def is_sensitive(name: str) -> bool:
    """
    Tell whether the name of a value says that it is secret.

    Example:
        >>> is_sensitive("smtp_password"), is_sensitive("smtp_host")
        (True, False)
    """
    return _SENSITIVE.search(name) is not None


def is_sensitive_input(name: str) -> bool:
    """
    Tell the same of what a client sends: a header, or a member of a body or a query.

    Example:
        >>> is_sensitive_input("X-Session-Id"), is_sensitive_input("mfaCode"), is_sensitive_input("author")
        (True, True, False)
    """
    plain = name.replace("-", "_")
    return is_sensitive(plain) or _SENT.search(plain) is not None


def mask_text(text: str) -> str:
    """
    Hide the password of a URL, in its userinfo or its query.

    Example:
        >>> mask_text("postgresql://ada:enigma@localhost/shop?sslpassword=x&timeout=3")
        'postgresql://ada:**********@localhost/shop?sslpassword=**********&timeout=3'
    """
    if "://" not in text:
        return text
    return mask_url(text)


def mask_url(text: str) -> str:
    """
    Hide the same in what is known to be a URL, or its end.

    Example:
        >>> mask_url("/reset?token=5e55&page=2")
        '/reset?token=**********&page=2'
    """
    return _QUERY_SECRET.sub(rf"\1={MASK}", _USERINFO.sub(rf"\1:{MASK}@", text))


def mask_value(value: object, *, name: str = "") -> object:
    """
    Make builtins that may be shown of any value: JSON's own types, without what is secret.

    Args:
        value: The value.
        name: What it is called: it may say that the value is secret.

    Example:
        >>> mask_value({"host": "localhost", "api_key": "d41d8cd9", "tags": ("a", "b")})
        {'host': 'localhost', 'api_key': '**********', 'tags': ['a', 'b']}
    """
    if isinstance(value, Secret) or (is_sensitive(name) and isinstance(value, str | bytes) and value):
        return MASK
    if isinstance(value, Enum):
        return mask_value(value.value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): mask_value(item, name=str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [mask_value(item, name=name) for item in items]
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: mask_value(getattr(value, item.name), name=item.name) for item in fields(value)}
    return mask_text(str(value))


def show(value: object, *, name: str = "") -> str:
    """
    Write a value for a message: as Python would, masked, and not too long.

    Example:
        >>> show("abc"), show("abc", name="password"), show(Secret("abc"))
        ("'abc'", '**********', '**********')
    """
    masked = mask_value(value, name=name)
    if masked == MASK:
        return MASK
    text = repr(masked)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"


def collect_secrets(value: object, *, name: str = "") -> set[str]:
    """
    Collect the texts within a value that nothing may show.

    Example:
        >>> sorted(collect_secrets({"key": Secret("a"), "url": "redis://:b@cache/0", "name": "c"}))
        ['a', 'b']
    """
    if isinstance(value, Secret):
        return {value.reveal()} - {""}
    if isinstance(value, str):
        found = {match.group(2) for match in (*_USERINFO.finditer(value), *_QUERY_SECRET.finditer(value))}
        return (found | {value} if is_sensitive(name) else found) - {""}
    if isinstance(value, Mapping):
        return set().union(*(collect_secrets(item, name=str(key)) for key, item in value.items()))
    if isinstance(value, list | tuple | set | frozenset):
        return set().union(*(collect_secrets(item, name=name) for item in value))
    if is_dataclass(value) and not isinstance(value, type):
        return set().union(*(collect_secrets(getattr(value, item.name), name=item.name) for item in fields(value)))
    return set()


def redact(text: str, secrets: Iterable[str]) -> str:
    """
    Replace every occurrence of the secrets in a text that somebody else wrote; those of a few characters stay.

    Example:
        >>> redact("no such user: hunter2", ["hunter2"])
        'no such user: **********'
    """
    for secret in sorted((secret for secret in secrets if len(secret) >= _MIN_REDACTED), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text
