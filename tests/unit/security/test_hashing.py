"""
Schemes for passwords: what both promise, the vectors of their RFCs, and the limits of what is stored.
"""

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest

from covet.exceptions import ConfigurationError
from covet.security.argon2id import Argon2id
from covet.security.errors import UnreadableHashError
from covet.security.hashing import PasswordScheme, Scrypt
from covet.security.phc import PHCString

# As cheap as they get: what is tested does not depend on it.
SCHEMES: list[PasswordScheme] = [Scrypt(cost=1), Argon2id(memory_kib=8, passes=1, lanes=1)]
on_each_scheme = pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: str(scheme.name))


def to_base64(data: bytes) -> str:
    """Write base64 without padding."""
    return b64encode(data).decode().rstrip("=")


@on_each_scheme
@pytest.mark.parametrize("password", [b"correct horse", b"", b"a\0b", b"\xff" * 1024])
def test_right_password_is_told_from_wrong_ones(scheme: PasswordScheme, password: bytes) -> None:
    """All bytes count, but for a NUL at the end, which scrypt does not see: passwords have none."""
    stored = scheme.hash(password)

    assert scheme.verify(stored, password)
    assert not any(scheme.verify(stored, wrong) for wrong in (password + b"\1", b"\1" + password, b"a", b"a\0c", b"x"))


@on_each_scheme
def test_equal_passwords_have_different_hashes(scheme: PasswordScheme) -> None:
    """Each hash has a salt of its own."""
    assert len({scheme.hash(b"same") for _ in range(20)}) == 20


@pytest.mark.row(24)
@on_each_scheme
def test_row_024_nothing_is_cut_off(scheme: PasswordScheme) -> None:
    """What stands behind the 72nd byte counts as well."""
    stored = scheme.hash(b"a" * 1024)

    assert [scheme.verify(stored, b"a" * size) for size in (72, 73, 1023, 1024)] == [False, False, False, True]
    assert not scheme.verify(stored, b"a" * 1023 + b"b")


@on_each_scheme
def test_decoy_is_verified_like_a_hash(scheme: PasswordScheme) -> None:
    """It has the same parameters and lengths, and no password."""
    decoy, stored = scheme.make_decoy(), scheme.hash(b"")

    assert not scheme.verify(decoy, b"")
    assert not scheme.needs_rehash(decoy)
    assert decoy.split("$")[:-2] == stored.split("$")[:-2]
    assert len(decoy) == len(stored)


@on_each_scheme
def test_every_character_of_a_hash_counts(scheme: PasswordScheme) -> None:
    """One that is damaged is refused, or is another hash; nothing else comes out."""
    stored = scheme.hash(b"correct horse")
    accepted = []

    for at in range(len(stored)):
        for char in ("A", "1", "$", "=", ",", ""):
            damaged = stored[:at] + char + stored[at + 1 :]
            try:
                is_valid = scheme.verify(damaged, b"correct horse")
            except UnreadableHashError as exc:
                assert stored not in str(exc)
            else:
                accepted += [damaged] if is_valid and damaged != stored else []

    assert accepted == []


@on_each_scheme
@pytest.mark.parametrize("size", [16, 24, 30, 31, 33, 63])
def test_a_digest_that_was_cut_off_is_refused(scheme: PasswordScheme, size: int) -> None:
    """Where a scheme gives the beginning of a digest for a shorter one, too: it says little of the password."""
    read = PHCString.parse(scheme.hash(b"correct horse"))
    damaged = str(replace(read, digest=(read.digest * 2)[:size]))
    try:
        assert not scheme.verify(damaged, b"correct horse")
    except UnreadableHashError as exc:
        assert str(exc) == f"Its digest has {size} bytes, expected 32 or 64."


@on_each_scheme
@pytest.mark.parametrize("part", ["salt", "digest"])
def test_a_value_has_one_spelling(scheme: PasswordScheme, part: str) -> None:
    """The bits that its last character has too many are zeros."""
    *before, salt, digest = scheme.hash(b"correct horse").split("$")
    other = {"A": "B", "Q": "R", "g": "h", "w": "x"}
    if part == "salt":
        salt = salt[:-1] + other[salt[-1]]
    else:
        digest = digest[:-1] + chr(ord(digest[-1]) + 1)
    with pytest.raises(UnreadableHashError, match="another spelling than the usual one"):
        scheme.verify("$".join([*before, salt, digest]), b"correct horse")


@on_each_scheme
def test_other_schemes_hashes_are_refused(scheme: PasswordScheme) -> None:
    """Not verified as if they were its own."""
    for other in SCHEMES:
        if other.name != scheme.name:
            stored = other.hash(b"x")
            assert scheme.needs_rehash(stored)
            with pytest.raises(UnreadableHashError, match="It is no hash of"):
                scheme.verify(stored, b"x")


@pytest.mark.parametrize(
    ("current", "changed"),
    [
        (Scrypt(cost=4), Scrypt(cost=5)),
        (Scrypt(cost=4), Scrypt(cost=4, block_size=4)),
        (Scrypt(cost=4), Scrypt(cost=4, parallelism=1)),
        (Argon2id(memory_kib=32, passes=1, lanes=1), Argon2id(memory_kib=64, passes=1, lanes=1)),
        (Argon2id(memory_kib=32, passes=1, lanes=1), Argon2id(memory_kib=32, passes=2, lanes=1)),
        (Argon2id(memory_kib=32, passes=1, lanes=1), Argon2id(memory_kib=32, passes=1, lanes=2)),
    ],
)
def test_hash_with_other_parameters_is_verified_and_told(current: PasswordScheme, changed: PasswordScheme) -> None:
    """It goes on to be right, and is to be made anew."""
    stored = current.hash(b"x")

    assert changed.verify(stored, b"x")
    assert (current.needs_rehash(stored), changed.needs_rehash(stored)) == (False, True)


@pytest.mark.parametrize(
    ("scheme", "password", "stored"),
    [
        # RFC 7914 §12, the third vector.
        (
            Scrypt(cost=1),
            b"pleaseletmein",
            "$scrypt$ln=14,r=8,p=1${}${}".format(
                to_base64(b"SodiumChloride"),
                to_base64(
                    bytes.fromhex(
                        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
                    )
                ),
            ),
        ),
        # What another library wrote, as its documentation has it.
        (
            Scrypt(cost=1),
            b"password",
            "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
        ),
        # The reference implementation's test.
        (
            Argon2id(memory_kib=8, passes=1, lanes=1),
            b"password",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        ),
    ],
    ids=["RFC 7914", "passlib", "argon2"],
)
def test_hash_that_others_made_is_verified(scheme: PasswordScheme, password: bytes, stored: str) -> None:
    """With whatever parameters it has."""
    assert scheme.verify(stored, password)
    assert not scheme.verify(stored, password + b"x")


def test_defaults_are_those_of_today() -> None:
    """RFC 9106's second option, and one of those that OWASP lists for scrypt: 64 MiB each."""
    assert repr(Scrypt()) == "Scrypt(cost=16, block_size=8, parallelism=2)"
    assert repr(Argon2id()) == "Argon2id(memory_kib=65536, passes=3, lanes=4)"
    assert Scrypt().memory_bytes == Argon2id().memory_bytes == 64 * 1024**2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Scrypt(cost=0), "ln must be a whole number, at least 1"),
        (lambda: Scrypt(parallelism=-1), "p must be a whole number, at least 1"),
        (
            lambda: Scrypt(block_size=8.0),  # type: ignore[arg-type]
            "r must be a whole number, at least 1",
        ),
        (lambda: Scrypt(cost=16, block_size=1), "the cost is too high for the block size"),
        (lambda: Scrypt(cost=64), "the cost is too high for the block size"),
        (lambda: Scrypt(parallelism=65), "p must be at most 64"),
        (lambda: Scrypt(cost=21), "it would take more than 1 GiB of memory"),
        (lambda: Argon2id(passes=0), "t must be a whole number, at least 1"),
        (lambda: Argon2id(passes=65), "it has more than 64 passes or lanes"),
        (lambda: Argon2id(lanes=65), "it has more than 64 passes or lanes"),
        (lambda: Argon2id(memory_kib=31, lanes=4), "it has less than 8 KiB of memory for each lane"),
        (lambda: Argon2id(memory_kib=2 * 1024**2 + 1), "it would take more than 2 GiB of memory"),
    ],
)
def test_parameters_that_cannot_be_used_are_refused(make: Callable[[], object], message: str) -> None:
    """When the scheme is made, with all of them and what is wrong."""
    with pytest.raises(ConfigurationError, match=rf"cannot be used with (Scrypt|Argon2id)\(.*\): {re.escape(message)}"):
        make()


@pytest.mark.parametrize(
    ("scheme", "name", "values"),
    [
        (SCHEMES[0], "scrypt", ["ln=30,r=8,p=1", "ln=20,r=4000000,p=1", "ln=1,r=8,p=1000", "ln=0,r=8,p=1"]),
        (SCHEMES[0], "scrypt", ["ln=1,r=8", "r=8,ln=1,p=1", "ln=1,r=8,p=1,x=1", "n=1,r=8,p=1"]),
        (SCHEMES[1], "argon2id$v=19", ["m=4000000000,t=1,p=1", "m=8,t=1000000,p=1", "m=8,t=1,p=1000", "m=7,t=1,p=1"]),
        (SCHEMES[1], "argon2id$v=19", ["m=8,t=1", "t=1,m=8,p=1", "m=8,t=1,p=1,x=1", "m=8,t=0,p=1"]),
        (SCHEMES[1], "argon2id$v=16", ["m=8,t=1,p=1"]),
        (SCHEMES[1], "argon2id", ["m=8,t=1,p=1"]),
        (SCHEMES[1], "argon2i$v=19", ["m=8,t=1,p=1"]),
    ],
)
def test_stored_hash_cannot_ask_for_everything(scheme: PasswordScheme, name: str, values: list[str]) -> None:
    """Whoever can write one into the database cannot take all memory or time of the machine."""
    for parameters in values:
        with pytest.raises(UnreadableHashError) as caught:
            scheme.verify(f"${name}${parameters}$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", b"x")
        assert "CTFh" not in str(caught.value)
