"""
Tests of sessions on the server.
"""

import logging
from pathlib import Path

import pytest

from covet.sessions.errors import SessionStoreError, SessionTooLargeError
from covet.sessions.keeper import ENDED, UNCHANGED
from covet.sessions.memory import MemorySessionStore
from covet.sessions.record import SessionRecord
from covet.sessions.server_keeper import ServerKeeper
from covet.sessions.session import Session
from covet.sessions.sqlite_store import SQLiteSessionStore
from tests.unit.sessions.keepers import (
    NEW_KEY,
    OLD_KEY,
    Clock,
    begin,
    make_cookie_keeper,
    make_server_keeper,
    mutate,
    token_of,
)


@pytest.fixture
def clock() -> Clock:
    """A clock that moves when it is told to."""
    return Clock()


@pytest.fixture
def store() -> MemorySessionStore:
    """A store."""
    return MemorySessionStore()


@pytest.fixture
def keeper(store: MemorySessionStore, clock: Clock) -> ServerKeeper:
    """A keeper."""
    return make_server_keeper(store, clock)


async def test_what_was_kept_comes_back(keeper: ServerKeeper, store: MemorySessionStore) -> None:
    """
    Under a cookie that says nothing of it, and of which the store knows no more than the hash.
    """
    token = await begin(keeper, "7", cart=["tea"])

    session = await keeper.load(token)

    assert (dict(session), session.user_id, session.is_new) == ({"cart": ["tea"]}, "7", False)
    [record] = store._users.values()
    assert len(record.key) == 64
    assert record.key not in token


@pytest.mark.row(73)
async def test_unknown_id_is_never_adopted(keeper: ServerKeeper, store: MemorySessionStore) -> None:
    """
    A good cookie whose session has gone becomes an empty session, and what is kept in it has another id.
    """
    token = await begin(keeper, a=1)
    await store.purge(2**60)

    session = await keeper.load(token)
    assert (dict(session), session.is_new) == ({}, True)
    session["b"] = 2

    assert token_of(await keeper.save(session)) != token
    assert dict(await keeper.load(token)) == {}


@pytest.mark.row(73)
async def test_id_changes_at_login_and_the_old_one_ends(keeper: ServerKeeper) -> None:
    """
    Who knew the id before knows nothing of the session after.
    """
    before = await begin(keeper, cart=1)
    session = await keeper.load(before)
    session.log_in("7")

    after = token_of(await keeper.save(session))

    assert dict(await keeper.load(before)) == {}
    assert (await keeper.load(after)).user_id == "7"


@pytest.mark.row(75)
@pytest.mark.parametrize("change", ["set", "rotate", "look"])
async def test_slow_request_restores_no_ended_session(
    keeper: ServerKeeper, store: MemorySessionStore, change: str
) -> None:
    """
    What a request saves after the logout of another one is lost, and its client hears nothing of it.
    """
    token = await begin(keeper, "7", a=1)
    slow, logout = await keeper.load(token), await keeper.load(token)
    slow["b"] = slow["a"]
    logout.invalidate()
    assert await keeper.save(logout) == ENDED
    if change == "rotate":
        slow.rotate()
    elif change == "look":
        del slow["b"]

    assert await keeper.save(slow) == UNCHANGED
    assert (len(store), dict(await keeper.load(token))) == (0, {})


async def test_login_counts_though_the_session_has_ended(keeper: ServerKeeper) -> None:
    """
    Whoever proves who he is needs no session for it.
    """
    token = await begin(keeper, a=1)
    login, logout = await keeper.load(token), await keeper.load(token)
    logout.invalidate()
    await keeper.save(logout)
    login.log_in("7")

    assert (await keeper.load(token_of(await keeper.save(login)))).user_id == "7"


async def test_requests_at_once_keep_what_each_has_changed(keeper: ServerKeeper) -> None:
    """
    Key by key: what another has changed, put in or taken out meanwhile stays so; the later one wins.
    """
    token = await begin(keeper, same=0, gone=1, bool=1, left=1)
    first, second = await keeper.load(token), await keeper.load(token)
    first.update(same=1, first=1)
    del first["gone"]
    second.update(same=2, second=2, bool=True)
    del second["left"]

    await keeper.save(first)
    await keeper.save(second)

    found = await keeper.load(token)
    assert dict(found) == {"same": 2, "bool": True, "first": 1, "second": 2}
    assert found["bool"] is True


async def test_rotated_session_is_not_written_by_others(keeper: ServerKeeper) -> None:
    """
    A request that came with the old id leaves the new cookie alone.
    """
    token = await begin(keeper, "7", a=1)
    rotating, other = await keeper.load(token), await keeper.load(token)
    assert other["a"] == 1
    rotating.rotate()
    after = token_of(await keeper.save(rotating))
    other["b"] = 2

    assert await keeper.save(other) == UNCHANGED
    assert dict(await keeper.load(after)) == {"a": 1}


@pytest.mark.row(76)
async def test_rotation_of_keys_logs_nobody_out(store: MemorySessionStore, clock: Clock) -> None:
    """
    What the old key has signed is read and signed anew; without the old key, only that is read.
    """
    old = await begin(make_server_keeper(store, clock, OLD_KEY), "7")
    both = make_server_keeper(store, clock, NEW_KEY, OLD_KEY)
    session = await both.load(old)
    assert session.user_id == "7"
    new = token_of(await both.save(session))

    only_new = make_server_keeper(store, clock, NEW_KEY)

    assert (await only_new.load(new)).user_id == "7"
    assert (await only_new.load(old)).user_id is None
    assert (await make_server_keeper(store, clock, OLD_KEY).load(new)).user_id is None


@pytest.mark.row(79)
async def test_expired_session_is_refused(keeper: ServerKeeper, clock: Clock) -> None:
    """
    When it was idle too long; and however much it is used, at the end of its lifetime.
    """
    idle = await begin(keeper, a=1)
    clock.move(100)
    assert dict(await keeper.load(idle)) == {}

    token = await begin(keeper, a=1)
    for _ in range(11):
        clock.move(90)
        session = await keeper.load(token)
        assert session["a"] == 1
        assert await keeper.save(session) == UNCHANGED
    clock.move(10)
    assert dict(await keeper.load(token)) == {}


@pytest.mark.row(79)
async def test_shorter_limits_count_for_what_there_is(store: MemorySessionStore, clock: Clock) -> None:
    """
    A lifetime that was shortened ends older sessions, too.
    """
    token = await begin(make_server_keeper(store, clock), a=1)
    clock.move(50)

    assert dict(await make_server_keeper(store, clock, lifetime=40).load(token)) == {}


async def test_use_is_not_written_with_every_request(
    keeper: ServerKeeper, clock: Clock, store: MemorySessionStore
) -> None:
    """
    A look writes once in a tenth of the idle time.
    """
    token = await begin(keeper, a=1)
    versions = []
    for _ in range(21):
        clock.move(1)
        session = await keeper.load(token)
        len(session)
        await keeper.save(session)
        [record] = store._visitors.values()
        versions.append(record.version)

    assert versions[-1] == 3


async def test_failed_request_ends_what_it_was_to_end_and_keeps_nothing(keeper: ServerKeeper) -> None:
    """
    `abandon` is for responses of errors.
    """
    token = await begin(keeper, a=1)
    changed, new = await keeper.load(token), Session()
    changed["a"] = new["a"] = 2
    changed.rotate()
    assert [await keeper.abandon(session) for session in (changed, new)] == [UNCHANGED, UNCHANGED]
    assert dict(await keeper.load(token)) == {"a": 1}
    ending = await keeper.load(token)
    ending.invalidate()

    assert await keeper.abandon(ending) == ENDED
    assert dict(await keeper.load(token)) == {}


async def test_sessions_of_a_user_are_revoked(keeper: ServerKeeper) -> None:
    """
    All of them, and no others.
    """
    tokens = [await begin(keeper, "7") for _ in range(3)]
    other = await begin(keeper, "8")

    assert await keeper.revoke_user("7") == 3
    assert [(await keeper.load(token)).user_id for token in [*tokens, other]] == [None, None, None, "8"]


async def test_size_is_limited(store: MemorySessionStore, clock: Clock) -> None:
    """
    The error says both sizes, and what to do; nothing is saved.
    """
    keeper = make_server_keeper(store, clock, max_size=100)
    session = Session()
    session["a"] = "x" * 100

    with pytest.raises(
        SessionTooLargeError, match=r"(?s)A session has 108 bytes, more than 100\..*Keep it in a database"
    ):
        await keeper.save(session)
    assert len(store) == 0


async def test_two_may_not_grow_beyond_the_size_together(store: MemorySessionStore, clock: Clock) -> None:
    """
    What is merged is measured, too.
    """
    keeper = make_server_keeper(store, clock, max_size=100)
    token = await begin(keeper, a=1)
    first, second = await keeper.load(token), await keeper.load(token)
    first["b"], second["c"] = "x" * 60, "x" * 60
    await keeper.save(first)

    with pytest.raises(SessionTooLargeError):
        await keeper.save(second)


class Deaf(MemorySessionStore):
    """A store that never admits that it has saved."""

    async def update(self, record: SessionRecord, /, *, expected_version: int) -> bool:
        """Do nothing."""
        return False


async def test_store_that_never_saves_is_not_asked_forever(clock: Clock) -> None:
    """
    The error says what is wrong with it.
    """
    keeper = make_server_keeper(Deaf(), clock)
    session = await keeper.load(await begin(keeper, a=1))
    session["a"] = 2

    with pytest.raises(SessionStoreError, match=r"(?s)100 times while it was saved.*update\(\) of the store"):
        await keeper.save(session)


@pytest.mark.row(74)
async def test_refused_cookie_is_one_line_of_debug(keeper: ServerKeeper, caplog: pytest.LogCaptureFixture) -> None:
    """
    Without the cookie.
    """
    caplog.set_level(logging.DEBUG, "covet.sessions")

    assert dict(await keeper.load("tampered-with")) == {}

    [record] = caplog.records
    assert record.levelno == logging.DEBUG
    assert "tampered" not in record.getMessage()


async def test_purge_counts(keeper: ServerKeeper, clock: Clock) -> None:
    """
    What has expired goes when it is asked to.
    """
    await begin(keeper, a=1)
    clock.move(200)

    assert await keeper.purge() == 1
    await keeper.aclose()


@pytest.mark.row(74)
@pytest.mark.campaign
@pytest.mark.parametrize("kind", ["server", "cookie"])
async def test_row_074_no_mutation_of_a_campaign_is_accepted(
    store: MemorySessionStore, clock: Clock, kind: str
) -> None:
    """
    Of 100,000 changed cookies, none gives anything of the session.
    """
    keeper = make_server_keeper(store, clock) if kind == "server" else make_cookie_keeper(clock)
    good = await begin(keeper, "7", a=1)

    accepted = [text for text in (mutate(good) for _ in range(100_000)) if not (await keeper.load(text)).is_new]

    assert accepted == []


@pytest.mark.row(79)
async def test_known_cookie_ends_when_its_time_is_over(keeper: ServerKeeper, clock: Clock) -> None:
    """
    That it was good before says nothing of now: the cookie has a time, and so has the session.
    """
    token = await begin(keeper, a=1)
    assert dict(await keeper.load(token)) == {"a": 1}
    clock.move(99)
    assert dict(await keeper.load(token)) == {"a": 1}

    clock.move(1)

    assert (await keeper.load(token)).is_new


@pytest.mark.row(73)
async def test_known_cookie_of_an_ended_session_is_refused(keeper: ServerKeeper) -> None:
    """
    The store is asked each time, and what it has is what counts.
    """
    token = await begin(keeper, "7", a=1)
    session = await keeper.load(token)
    session["a"] = 2
    await keeper.save(session)
    assert dict(await keeper.load(token)) == {"a": 2}

    await keeper.revoke_user("7")

    assert dict(await keeper.load(token)) == {}


@pytest.mark.row(74)
async def test_cookies_that_are_not_good_are_not_remembered(keeper: ServerKeeper) -> None:
    """
    Nobody fills the memory with nonsense, nor learns to know a good cookie by one that is nearly the same.
    """
    token = await begin(keeper, a=1)
    assert dict(await keeper.load(token)) == {"a": 1}

    refused = [(await keeper.load(mutate(token))).is_new for _ in range(200)]

    assert all(refused)
    assert keeper._read_known.cache_info().currsize == 1


async def test_reading_leaves_nothing_to_save(keeper: ServerKeeper, clock: Clock) -> None:
    """
    Until it is time to note that the session is used.
    """
    token = await begin(keeper, a=1)
    session = await keeper.load(token)
    assert session["a"] == 1
    assert session.rest()

    clock.move(10)

    session = await keeper.load(token)
    assert session["a"] == 1
    assert not session.rest()


async def test_what_is_remembered_of_a_session_is_nobodys_to_change(keeper: ServerKeeper) -> None:
    """
    What one request puts into its session, and does not save, no other one sees.
    """
    token = await begin(keeper, a=1)
    first, second = await keeper.load(token), await keeper.load(token)
    assert (first["a"], second["a"]) == (1, 1)

    first["a"] = 2
    del second["a"]

    assert dict(await keeper.load(token)) == {"a": 1}


@pytest.mark.parametrize("value", [[1], "x" * 2000])
async def test_what_could_change_inside_or_is_large_is_read_each_time(keeper: ServerKeeper, value: object) -> None:
    """
    A list that one request appends to is not the one of another; and memory is not filled twice.
    """
    token = await begin(keeper, a=value)
    session = await keeper.load(token)
    assert session["a"] == value

    assert session._loaded is not None
    assert session._loaded.plain is None
    assert (await keeper.load(token))["a"] is not session["a"]


async def test_other_stores_are_waited_for_and_nothing_of_theirs_is_held_back(tmp_path: Path, clock: Clock) -> None:
    """
    A session that another process changes is what the store says.
    """
    store = SQLiteSessionStore(tmp_path / "sessions.db")
    keeper = make_server_keeper(store, clock)
    token = await begin(keeper, a=1)

    assert keeper.begin(token) is None
    assert dict(await keeper.load(token)) == {"a": 1}
    assert keeper._read_known(token).record is None
    await keeper.aclose()
