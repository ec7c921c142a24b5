"""
PHC strings: one spelling, bounded, and never shown.
"""

import pytest

from covet.security.errors import UnreadableHashError
from covet.security.phc import PHCString, make_decoy

# The example of argon2's own tests.
ARGON2 = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
SCRYPT = "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E"


@pytest.mark.parametrize("text", [ARGON2, SCRYPT, "$x-1$a=0$c29tZXNhbHQ$c29tZXNhbHRzb21lc2FsdA"])
def test_string_comes_back_as_it_was(text: str) -> None:
    """Each part is read."""
    assert str(PHCString.parse(text)) == text


def test_parts_are_read() -> None:
    """Name, version, parameters in their order, salt and digest."""
    read = PHCString.parse(ARGON2)

    assert (read.name, read.version, list(read.parameters.items())) == (
        *("argon2id", 19, [("m", 65536), ("t", 2), ("p", 1)]),
    )
    assert (read.salt, len(read.digest)) == (b"somesalt", 32)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$",
        "hunter2",
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "pbkdf2_sha256$600000$salt$digest",
        SCRYPT[1:],
        SCRYPT + "\n",
        SCRYPT + "=",
        SCRYPT[:-1],
        SCRYPT[:-1] + "F",
        SCRYPT.replace("ln=16", "ln=016"),
        SCRYPT.replace("ln=16", "ln=+16"),
        SCRYPT.replace("ln=16", "ln=１６"),
        SCRYPT.replace("ln=16", "ln=-1"),
        SCRYPT.replace("ln=16", "ln=99999999999"),
        SCRYPT.replace("ln=16", "ln"),
        SCRYPT.replace("ln=16", "ln=16,ln=17"),
        SCRYPT.replace("ln=16", ",".join(f"a{n}=1" for n in range(9))),
        SCRYPT.replace("scrypt", "Scrypt"),
        SCRYPT.replace("scrypt", "s" * 33),
        SCRYPT.replace("aM15713r3Xsvxbi31lqr1Q", ""),
        SCRYPT.replace("aM15713r3Xsvxbi31lqr1Q", "c2hvcnQ"),
        SCRYPT.replace("aM15713r3Xsvxbi31lqr1Q", "a" * 13),
        SCRYPT.rpartition("$")[0],
        SCRYPT.rpartition("$")[0] + "$c2hvcnRkaWdlc3Q",
        SCRYPT.replace("+", "-"),
        SCRYPT.rpartition("$")[0] + "$" + "A" * 1_000_000,
    ],
)
def test_other_strings_are_refused_and_not_shown(text: str) -> None:
    """Other formats, other spellings, what is cut off or too long; the error holds nothing of it."""
    with pytest.raises(UnreadableHashError) as caught:
        PHCString.parse(text)

    assert len(str(caught.value)) < 100
    assert not text or text not in str(caught.value)


def test_string_hides_its_digest() -> None:
    """Its representation has neither salt nor digest."""
    assert repr(PHCString.parse(SCRYPT)) == (
        "PHCString(name='scrypt', parameters={'ln': 16, 'r': 8, 'p': 1}, version=None)"
    )


def test_decoy_is_random() -> None:
    """No password has it, and no two are the same."""
    decoys = {make_decoy("scrypt", {"ln": 4, "r": 8, "p": 1}, version=1) for _ in range(50)}

    assert len(decoys) == 50
    assert all(len(PHCString.parse(decoy).digest) == 32 for decoy in decoys)
