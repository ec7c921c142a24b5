"""
Passwords: what is hashed, what is refused, what an unknown user costs, and what is never said.
"""

import asyncio
import logging
import sys
import threading
import traceback

import pytest

from covet.exceptions import ConfigurationError, MissingDependencyError
from covet.options import UnknownOptionError
from covet.security import Argon2id, InvalidPasswordError, PasswordHasher, Scrypt
from covet.security.passwords import prepare_password

# As cheap as they get: what is tested does not depend on it.
FAST_SCRYPT = Scrypt(cost=1)
FAST_ARGON2 = Argon2id(memory_kib=8, passes=1, lanes=1)
UNREADABLE = [
    "",
    "!",
    "hunter2hash",
    "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
    "$scrypt$ln=1,r=8,p=2$hunter2hash",
    "$scrypt$ln=30,r=8,p=2$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    "$scrypt$" + "hunter2hash" * 100_000,
]


class CountingScheme(Scrypt):
    """A scheme that counts what it does, and where."""

    def __init__(self, cost: int = 1) -> None:
        super().__init__(cost=cost)
        self.verified: list[str] = []
        self.hashed = 0
        self.threads: set[threading.Thread] = set()

    def hash(self, password: bytes) -> str:
        """Count a hash."""
        self.hashed += 1
        self.threads.add(threading.current_thread())
        return super().hash(password)

    def verify(self, stored: str, password: bytes) -> bool:
        """Count a verification."""
        self.verified.append(stored)
        self.threads.add(threading.current_thread())
        return super().verify(stored, password)


@pytest.fixture
def hasher() -> PasswordHasher:
    """A hasher that has both schemes, and is quick."""
    return PasswordHasher([FAST_ARGON2, FAST_SCRYPT])


# ── Schemes ──────────────────────────────────────────────────────────────────


def test_argon2id_is_taken_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """And scrypt otherwise, of the standard library."""
    assert repr(PasswordHasher()) == (
        "PasswordHasher([Argon2id(memory_kib=65536, passes=3, lanes=4), "
        "Scrypt(cost=16, block_size=8, parallelism=2)], max_concurrent=4)"
    )
    monkeypatch.setitem(sys.modules, "argon2.low_level", None)

    assert repr(PasswordHasher()) == (
        "PasswordHasher([Scrypt(cost=16, block_size=8, parallelism=2)], max_concurrent=4)"
    )


@pytest.mark.parametrize("scheme", [FAST_ARGON2, FAST_SCRYPT])
async def test_both_schemes_are_verified(hasher: PasswordHasher, scheme: Argon2id | Scrypt) -> None:
    """Whichever is first."""
    stored = await PasswordHasher([scheme]).hash("correct horse")

    assert await hasher.verify(stored, "correct horse")
    assert not await hasher.verify(stored, "wrong horse")


async def test_hash_is_renewed_when_its_user_logs_in(hasher: PasswordHasher) -> None:
    """When it is of another scheme or has other parameters, and only when the password was right."""
    old = await PasswordHasher([FAST_SCRYPT]).hash("correct horse")

    wrong = await hasher.verify_and_update(old, "wrong horse")
    right = await hasher.verify_and_update(old, "correct horse")

    assert hasher.needs_rehash(old)
    assert wrong == (False, None)
    assert right.is_valid
    assert right.new_hash is not None
    assert right.new_hash.startswith("$argon2id$")
    assert not hasher.needs_rehash(right.new_hash)
    assert await hasher.verify_and_update(right.new_hash, "correct horse") == (True, None)
    assert await hasher.verify_and_update(None, "correct horse") == (False, None)


@pytest.mark.parametrize("stored", UNREADABLE)
def test_what_cannot_be_read_is_to_be_made_anew(hasher: PasswordHasher, stored: str) -> None:
    """Asking raises nothing."""
    assert hasher.needs_rehash(stored)


async def test_missing_library_is_not_taken_for_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who moves to a machine without Argon2 is told, before all users are locked out."""
    stored = await PasswordHasher([FAST_ARGON2]).hash("correct horse")
    monkeypatch.setitem(sys.modules, "argon2.low_level", None)
    hasher = PasswordHasher([FAST_SCRYPT])

    for ask in (hasher.verify, hasher.verify_and_update):
        with pytest.raises(MissingDependencyError, match="argon2-cffi is needed") as caught:
            await ask(stored, "correct horse")
        assert stored not in str(caught.value)


@pytest.mark.parametrize("schemes", [[], [Scrypt(cost=1), Scrypt(cost=2)]])
def test_schemes_that_cannot_be_told_apart_are_refused(schemes: list[Scrypt]) -> None:
    """When the hasher is made."""
    with pytest.raises(ConfigurationError) as caught:
        PasswordHasher(schemes)

    assert str(caught.value) == (
        f"A PasswordHasher needs schemes, each of another name, got {schemes!r}."
        "\n  Without any it takes Argon2id where it is installed, and scrypt."
    )


def test_unknown_option_is_refused() -> None:
    """With the one that was meant."""
    with pytest.raises(UnknownOptionError, match="Did you mean 'max_concurrent'"):
        PasswordHasher(max_concurent=2)  # type: ignore[call-arg]


# ── What a password is ───────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("caf\u00e9", "cafe\u0301"),
        ("\u212b", "\u00c5"),
        ("a\u00a0b", "a b"),
        ("a\u3000b", "a b"),
        ("\u1e69", "s\u0307\u0323"),
    ],
)
async def test_same_characters_are_the_same_password(hasher: PasswordHasher, left: str, right: str) -> None:
    """However a keyboard composes them, and whichever space it writes (RFC 8265 §4.2)."""
    assert await hasher.verify(await hasher.hash(left), right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a", "A"),
        ("\ufb01", "fi"),
        ("\uff21", "A"),
        ("²", "2"),
        ("a ", "a"),
        ("a\tb", "a b"),
        ("ß", "ss"),
    ],
)
def test_different_characters_are_different_passwords(left: str, right: str) -> None:
    """Case, compatibility forms, white space at the ends and controls all count."""
    assert prepare_password(left) != prepare_password(right)


@pytest.mark.row(24)
@pytest.mark.parametrize("password", ["p" * 1025, "é" * 513, "p" * 1_000_000, "🐴" * 257, "\ud800" * 400])
async def test_row_024_long_password_is_refused_before_any_work(password: str) -> None:
    """With status 400, whoever the user is; the limit is named, the password is not."""
    scheme = CountingScheme()
    hasher = PasswordHasher([scheme])
    stored = Scrypt(cost=1).hash(b"x")

    for call in (hasher.hash(password), hasher.verify(stored, password), hasher.verify(None, password)):
        with pytest.raises(InvalidPasswordError) as caught:
            await call
        assert caught.value.status_code == 400
        assert str(caught.value) in {
            "1 error\n  body /password: must have at most 1024 bytes",
            "1 error\n  body /password: must be valid Unicode",
        }
    assert (scheme.hashed, scheme.verified) == (0, [])


@pytest.mark.row(24)
async def test_row_024_longest_password_counts_to_its_last_byte(hasher: PasswordHasher) -> None:
    """Nothing is cut off, at 72 bytes or anywhere."""
    stored = await hasher.hash("p" * 1024)

    assert await hasher.verify(stored, "p" * 1024)
    for wrong in ("p" * 72, "p" * 1023, "p" * 1023 + "q", "p" * 72 + "q" * 952):
        assert not await hasher.verify(stored, wrong)


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("", "must not be empty"),
        ("\ud800", "must be valid Unicode"),
        ("é\udfff", "must be valid Unicode"),
        # scrypt does not see one at the end.
        ("a\0", "must not contain NUL"),
        ("a\0é", "must not contain NUL"),
    ],
)
async def test_what_is_no_password_is_refused(hasher: PasswordHasher, password: str, message: str) -> None:
    """When it is set and when it is tried; the error carries nothing of it, nor of what the codec said."""
    for call in (hasher.hash(password), hasher.verify(None, password)):
        with pytest.raises(InvalidPasswordError, match=message) as caught:
            await call
        assert caught.value.status_code == 400
        assert caught.value.__context__ is None


@pytest.mark.parametrize("password", [None, b"hunter2", 12345678])
async def test_password_of_another_type_is_not_shown(hasher: PasswordHasher, password: object) -> None:
    """Only its type is."""
    with pytest.raises(TypeError) as caught:
        await hasher.hash(password)  # type: ignore[arg-type]

    assert str(caught.value) == f"A password must be a text, got a value of type {type(password).__name__}."


# ── Who is there ─────────────────────────────────────────────────────────────


@pytest.mark.row(90)
@pytest.mark.parametrize("stored", [None, *UNREADABLE])
async def test_row_090_unknown_user_costs_what_a_wrong_password_costs(stored: str | None) -> None:
    """One hash with the parameters of today, whether there is a user, none, or one whose hash is damaged."""
    scheme = CountingScheme()
    hasher = PasswordHasher([scheme])
    real = await hasher.hash("correct horse")

    assert not await hasher.verify(real, "wrong horse")
    assert not await hasher.verify(stored, "wrong horse")
    assert not await hasher.verify(stored, "correct horse")

    worked = [item for item in scheme.verified if item != stored]
    assert [item.split("$")[:-2] for item in worked] == [real.split("$")[:-2]] * 3
    assert [len(item) for item in worked] == [len(real)] * 3


async def test_no_password_opens_an_unknown_user(hasher: PasswordHasher) -> None:
    """The decoy is random: there is none to guess."""
    assert not any([await hasher.verify(None, password) for password in ("x", "decoy", "password", "None")])
    assert hasher._decoy != PasswordHasher([FAST_ARGON2, FAST_SCRYPT])._decoy


@pytest.mark.parametrize("stored", UNREADABLE)
async def test_damaged_hash_refuses_its_user_and_is_logged(
    hasher: PasswordHasher, stored: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In one line that says what to do, without the hash and without the password."""
    with caplog.at_level(logging.DEBUG):
        assert not await hasher.verify(stored, "correct horse")

    [record] = caplog.records
    assert (record.name, record.levelname) == ("covet.security", "ERROR")
    assert record.message.startswith("A stored password hash cannot be verified, and its user cannot log in. It")
    assert record.message.endswith(" Have the password reset.")
    for secret in ("hunter2hash", "R9h/cIPz", "CTFh", "correct horse"):
        assert secret not in caplog.text


async def test_unknown_user_and_wrong_password_are_not_logged(
    hasher: PasswordHasher, caplog: pytest.LogCaptureFixture
) -> None:
    """They are everyday things; who logs them knows more than a hasher."""
    stored = await hasher.hash("correct horse")
    with caplog.at_level(logging.DEBUG):
        await hasher.verify(None, "correct horse")
        await hasher.verify(stored, "wrong horse")

    assert [record for record in caplog.records if record.name.startswith("covet")] == []


async def test_errors_of_a_scheme_carry_no_password() -> None:
    """Whatever it raises is its own; the text and the trace show neither password nor hash."""

    class Broken(Scrypt):
        def verify(self, stored: str, password: bytes) -> bool:
            raise MemoryError("no room")

    hasher = PasswordHasher([Broken(cost=1)])
    stored = Scrypt(cost=1).hash(b"correct horse")

    with pytest.raises(MemoryError) as caught:
        await hasher.verify(stored, "correct horse")

    shown = "".join(traceback.format_exception(caught.value))
    assert "correct horse" not in shown.replace('await hasher.verify(stored, "correct horse")', "")
    assert stored not in shown


# ── Off the event loop ───────────────────────────────────────────────────────


async def test_work_is_done_in_threads() -> None:
    """All of it: the event loop goes on."""
    scheme = CountingScheme()
    hasher = PasswordHasher([scheme])

    stored = await hasher.hash("x")
    await hasher.verify(stored, "x")
    await hasher.verify(None, "x")

    assert scheme.threads
    assert threading.current_thread() not in scheme.threads


async def test_few_are_worked_on_at_once() -> None:
    """However many log in, memory is taken for so many only."""
    running, most, lock = 0, 0, threading.Lock()

    class Slow(Scrypt):
        def verify(self, stored: str, password: bytes) -> bool:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            threading.Event().wait(0.002)
            with lock:
                running -= 1
            return True

    hasher = PasswordHasher([Slow(cost=1)], max_concurrent=3)

    assert all(await asyncio.gather(*(hasher.verify("$scrypt$", "x") for _ in range(60))))
    assert most == 3


@pytest.mark.parametrize("number", [0, 41])
def test_limit_out_of_range_is_refused(number: int) -> None:
    """When the hasher is made."""
    with pytest.raises(ValueError, match=f"max_concurrent must be from 1 to 40, got {number}"):
        PasswordHasher(max_concurrent=number)
