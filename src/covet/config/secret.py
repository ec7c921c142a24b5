"""
Secrets: texts that never print, and how weak ones are told.

It must never put the text of a secret anywhere: not into a representation, a message, a pickle or JSON.
"""

import hmac
import re
from itertools import pairwise
from typing import Final, NoReturn, SupportsIndex

MASK: Final = "**********"
"""What is shown in the place of every secret, whatever its length."""

MIN_SECRET_BYTES: Final = 16
"""How long a secret is at least, outside of development and testing, unless its field says otherwise."""

# security.md calls for 256 bits: what signs must not be guessed.
MIN_KEY_BYTES: Final = 32
"""How long a key that signs is at least, outside of development and testing."""


class Secret:
    """
    A text that shows itself only when it is asked to.

    Two secrets are compared in constant time, with texts as well. It cannot be pickled, and CovetPy's serializers
    write it masked.

    Args:
        value: The text.

    Raises:
        TypeError: If the value is no text.

    Example:
        >>> password = Secret("correct horse")
        >>> print(password, f"{password:>20}", repr(password))
        ********** ********** Secret('**********')
        >>> password == "correct horse", password.reveal()
        (True, 'correct horse')
    """

    __slots__ = ("_value",)

    _value: str

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            # The value itself may be the secret, in the wrong type: it is not shown.
            raise TypeError(f"A secret must be a text, got a value of type {type(value).__name__}.")
        object.__setattr__(self, "_value", str(value))

    def reveal(self) -> str:
        """Return the text."""
        return self._value

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"A Secret cannot be changed: {name!r} cannot be set. Make a new one.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"A Secret cannot be changed: {name!r} cannot be deleted.")

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, format_spec: str) -> str:
        # Not even a width: a padded mask would still be a mask, but a precision could cut it to nothing.
        return MASK

    def __json_form__(self) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Secret):
            other = other._value
        if not isinstance(other, str):
            return NotImplemented
        return hmac.compare_digest(_to_bytes(self._value), _to_bytes(other))

    def __hash__(self) -> int:
        # Equal to a text, so it has the text's hash; Python's hashes of texts are keyed and leave no process.
        return hash(self._value)

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("A Secret cannot be pickled: its text would be written in clear. Send its name instead.")


def find_weakness(text: str, *, min_bytes: int = MIN_SECRET_BYTES) -> str | None:
    """
    Say what makes a secret weak; `None` if nothing is known against it.

    Args:
        text: The text of the secret.
        min_bytes: How long it has to be, in UTF-8.

    Example:
        >>> find_weakness("change-me"), find_weakness("d41d8cd98f00b204"), find_weakness("hunter2")
        ('is a placeholder', None, 'has 7 bytes, fewer than 16')
        >>> find_weakness("spam-eggs" * 5), find_weakness("abcdefghijklmnopqrstuvwxyz")
        ('repeats itself', 'is a sequence of characters')
    """
    # White space makes nothing longer: nobody sees it, and few mean it.
    text = " ".join(text.split())
    word = _SEPARATORS.sub("", text.casefold())
    is_known = word in _PLACEHOLDERS or any(part in word for part in (*_PLACEHOLDER_PARTS, *_SAMPLES))
    if is_known or _TEMPLATE.fullmatch(text):
        return "is a placeholder"
    size, different = len(_to_bytes(text)), len(set(text))
    if different == 1 and size > 1:
        return "repeats one character"
    if size < min_bytes:
        return f"has {size} bytes, fewer than {min_bytes}"
    rest = _KNOWN_WORDS.sub("", word)
    if len(rest) < len(word) and len(_to_bytes(rest)) < min_bytes // 2:
        return "is made of the words of placeholders"
    if any(text[shift:] == text[:-shift] for shift in range(1, len(text) // 2 + 1)):
        return "repeats itself"
    if _count_steps(word) * 4 >= len(word) * 3:
        return "is a sequence of characters"
    # Of a million random keys, even in decimal digits, not a handful has so few.
    return f"has only {different} different characters" if different < min(size // 5, _MIN_DIFFERENT) else None


def _count_steps(text: str) -> int:
    """Count the characters that follow the one before, up or down, in the alphabet or on a keyboard."""
    return sum(pair in _NEIGHBOURS or abs(ord(pair[0]) - ord(pair[1])) <= 1 for pair in map("".join, pairwise(text)))


def _to_bytes(text: str) -> bytes:
    # A name in the environment that is no UTF-8 comes as surrogates.
    return text.encode("utf-8", "surrogatepass")


_SEPARATORS = re.compile(r"[\s_.\-]+")
_TEMPLATE = re.compile(r"<.*>|\$\{.*\}|\{\{.*\}\}|%.*%|\[.*\]", re.DOTALL)
_PLACEHOLDERS = frozenset(
    {
        "admin", "apikey", "clientsecret", "default", "demo", "dev", "development", "dummy", "example", "fixme",
        "foobar", "key", "mysecret", "mysecretkey", "none", "null", "passw0rd", "password", "placeholder", "sample",
        "secret", "secretkey", "secretkeyhere", "supersecret", "supersecretkey", "test", "testing", "testkey",
        "testsecret", "token", "topsecret", "undefined", "xxx",
    }
)  # fmt: skip
_KNOWN_WORDS = re.compile(
    "admin|api|change|default|demo|development|dummy|example|insecure|jwt|key|passphrase|password|passw0rd|placeholder"
    "|production|qwerty|sample|secret|secure|sign|super|test|token|topsecret|very|your"
)
_ROWS = ("1234567890", "qwertzuiop", "qwertyuiop", "asdfghjkl", "yxcvbnm", "zxcvbnm")
_NEIGHBOURS = frozenset(row[at : at + 2][::way] for row in _ROWS for at in range(len(row) - 1) for way in (1, -1))
_MIN_DIFFERENT: Final = 7
# No random text of any length holds these, but for one in billions.
_PLACEHOLDER_PARTS = (
    "256bitsecret", "changeme", "changethis", "changeit", "djangoinsecure", "donotuse", "insecuredev", "insecurekey",
    "notforproduction", "notsecret", "notsosecret", "replaceme", "replacethis", "yourapikey", "yourjwtsecret",
    "yourclientsecret", "yourpassword", "yoursecret",
)  # fmt: skip
# What this project's own pages, examples and docstrings show or have shown as a key: whoever copies one has a key that
# everybody knows. Without white space and separators, in small letters.
_SAMPLES = (
    "whatcovetsecretwrote",
    "what`covetsecret`wrote",
    "spjx0skxyam6x8zwvavrznyhfk3pyezyoqbf3ffoxnq",
    "correcthorsebatterystaple,andmoreofit",
    "asecretofthirtytwobytes",
    "anewsecretofthirtytwobytes",
    "thesecretbefore,ofthirtytwoaswell",
)
