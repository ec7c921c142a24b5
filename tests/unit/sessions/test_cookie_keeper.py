"""
Tests of sessions in their cookies.
"""

import pytest

from covet.security import KeyRing, generate_token
from covet.sessions.cookie_keeper import CookieKeeper, EncryptedCookieSessions, SignedCookieSessions
from covet.sessions.errors import SessionError, SessionTooLargeError
from covet.sessions.keeper import ENDED, UNCHANGED, SessionLimits
from covet.sessions.session import Session
from tests.unit.sessions.keepers import NEW_KEY, OLD_KEY, Clock, begin, make_cookie_keeper, token_of


@pytest.fixture
def clock() -> Clock:
    """A clock that moves when it is told to."""
    return Clock()


@pytest.fixture
def keeper(clock: Clock) -> CookieKeeper:
    """A keeper."""
    return make_cookie_keeper(clock)


async def test_what_was_kept_comes_back(keeper: CookieKeeper) -> None:
    """
    Whatever the texts in it.
    """
    token = await begin(keeper, 'é"\n7', text="\n\n日\\")

    session = await keeper.load(token)

    assert (dict(session), session.user_id) == ({"text": "\n\n日\\"}, 'é"\n7')
    assert await keeper.save(session) == UNCHANGED


async def test_empty_session_has_no_cookie(keeper: CookieKeeper) -> None:
    """
    And one that was invalidated loses it, if the request fails, too.
    """
    assert await keeper.save(Session()) == UNCHANGED
    token = await begin(keeper, a=1)
    for end in (keeper.save, keeper.abandon):
        session = await keeper.load(token)
        session.invalidate()
        assert await end(session) == ENDED
    changed = await keeper.load(token)
    changed["a"] = 2
    assert await keeper.abandon(changed) == UNCHANGED


@pytest.mark.row(76)
async def test_rotation_of_keys_logs_nobody_out(clock: Clock) -> None:
    """
    What the old key has signed is read and signed anew.
    """
    old = await begin(make_cookie_keeper(clock, OLD_KEY), a=1)
    both = make_cookie_keeper(clock, NEW_KEY, OLD_KEY)
    session = await both.load(old)
    assert session["a"] == 1
    new = token_of(await both.save(session))

    only_new = make_cookie_keeper(clock, NEW_KEY)

    assert (dict(await only_new.load(new)), dict(await only_new.load(old))) == ({"a": 1}, {})


@pytest.mark.row(79)
async def test_expired_cookie_is_refused_when_it_is_sent_again(keeper: CookieKeeper, clock: Clock) -> None:
    """
    After the idle time, and after the lifetime however much it was used.
    """
    first = await begin(keeper, a=1)
    token = first
    for _ in range(11):
        clock.move(90)
        session = await keeper.load(token)
        assert session["a"] == 1
        token = token_of(await keeper.save(session))
    assert dict(await keeper.load(first)) == {}
    clock.move(10)
    assert dict(await keeper.load(token)) == {}


@pytest.mark.row(79)
async def test_shorter_limits_count_for_what_there_is(clock: Clock) -> None:
    """
    A cookie that promises itself a longer life is refused.
    """
    token = await begin(make_cookie_keeper(clock), a=1)
    clock.move(50)

    assert dict(await make_cookie_keeper(clock, idle=40).load(token)) == {}


@pytest.mark.parametrize("size", [3_000, 5_000, 9_000])
async def test_size_is_what_browsers_take(keeper: CookieKeeper, size: int) -> None:
    """
    A larger cookie would be ignored by them without a word; the error says where to keep it.
    """
    session = Session()
    session["a"] = "x" * size

    with pytest.raises(SessionTooLargeError, match=r"(?s)more than 4089\..*SQLiteSessionStore\(path\)"):
        await keeper.save(session)


async def test_nobody_can_take_cookies_back(keeper: CookieKeeper) -> None:
    """
    The error says what could be done instead.
    """
    with pytest.raises(SessionError, match=r"(?s)in cookies, which nobody can take back.*store on the server"):
        await keeper.revoke_user("7")
    assert await keeper.purge() == 0
    await keeper.aclose()


async def test_encrypted_cookie_cannot_be_read_and_is_of_another_kind(clock: Clock) -> None:
    """
    Neither kind accepts the other's cookies.
    """
    ring, limits = KeyRing(generate_token()), SessionLimits(1000, 1000, 1000)
    signed, encrypted = (
        CookieKeeper(kind.make_sealer(ring, clock), limits, clock=clock, context="a")
        for kind in (SignedCookieSessions(), EncryptedCookieSessions())
    )
    token = await begin(encrypted, a=1)

    assert dict(await encrypted.load(token)) == {"a": 1}
    assert dict(await signed.load(token)) == {}
    assert dict(await encrypted.load(await begin(signed, a=1))) == {}
