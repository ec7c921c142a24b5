"""
Tests of sessions as handlers see them.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from covet.http import Request
from covet.sessions.errors import SessionStateError, SessionValueError
from covet.sessions.session import LoadedSession, Session
from covet.sessions.session_text import write_data, write_value


def load(text: str = '{"a":1,"list":[1]}', user_id: str | None = None) -> Session:
    """Make a session that was found."""
    return Session(LoadedSession("old id", text, user_id, created_at=1_000, seen_at=2_000))


@pytest.mark.parametrize(
    "look",
    [
        lambda session: "a" in session,
        len,
        bool,
        list,
        lambda session: session.get("b"),
        lambda session: session["a"],
        lambda session: session.items(),
        lambda session: session == {},
        lambda session: session.user_id,
        lambda session: session.is_new,
        lambda session: session.created_at,
        lambda session: session.derive_secret("csrf"),
        lambda session: session.pop("b", None),
    ],
)
@pytest.mark.row(80)
def test_any_look_is_noticed(look: Callable[[Session], object]) -> None:
    """
    A look that finds nothing is one, too.
    """
    session = load()
    assert not session.is_touched

    look(session)
    list(session.items())

    assert session.is_touched


def test_it_is_found_when_somebody_looks() -> None:
    """
    Once, and not for a response that has nothing to do with it.
    """
    found = []

    def find(token: str) -> LoadedSession:
        found.append(token)
        return LoadedSession("id", '{"a":1}', "7", 1_000, 2_000)

    session = Session(None, find, "token")
    session.freeze()
    assert (repr(session), session.is_touched, found) == ("<Session>", False, [])

    assert (session.user_id, session["a"], session.is_new, found) == ("7", 1, False, ["token"])
    assert Session(None, find, "token").close().former == session.close().former


@pytest.mark.parametrize(
    ("change", "is_known"),
    [
        (lambda session: session.get("a"), True),
        (lambda session: session.user_id, True),
        (lambda session: session.update(a=1), False),
        (lambda session: session.rotate(), False),
        (lambda session: session.log_in("7"), False),
        (lambda session: session.invalidate(), False),
    ],
)
def test_it_is_known_that_nothing_has_changed(change: Callable[[Session], object], is_known: bool) -> None:
    """
    Who only reads leaves nothing to compare.
    """
    session = load('{"a":1}')

    change(session)

    assert session.rest() is session.is_closed is is_known


def test_what_is_inside_of_a_list_may_have_changed() -> None:
    """
    Nobody notices that, so it is not known that nothing has.
    """
    session = load('{"a":[1]}')

    assert session["a"] == [1]

    assert not session.rest()


def test_who_finds_nothing_and_keeps_nothing_leaves_nothing_to_save() -> None:
    """
    A visitor without a session, of whom somebody has only asked whether there is one.
    """
    session = Session()

    assert "user" not in session

    assert (session.rest(), session.is_touched, session.is_closed) == (True, True, True)


def test_representation_is_no_look_and_shows_nothing() -> None:
    """
    A log that has a session in it has nothing of what is in it.
    """
    session = load('{"secret":"hunter2"}')

    assert (repr(session), session.is_touched) == ("<Session>", False)


def test_an_empty_session_is_not_kept() -> None:
    """
    What was only looked at, or put in and taken out again, makes no session.
    """
    looked, emptied = Session(), Session()
    looked.get("a")
    emptied["a"] = 1
    del emptied["a"]

    assert looked.close().id is None
    assert emptied.close().id is None


def test_change_inside_of_a_value_is_noticed() -> None:
    """
    Nobody has to say that a list has changed.
    """
    session = load()
    session["list"].append(2)

    plan = session.close()

    assert (plan.is_changed, plan.text, plan.id) == (True, '{"a":1,"list":[1,2]}', "old id")


def test_what_is_only_read_is_not_changed() -> None:
    """
    The same text comes out again.
    """
    session = load()
    dict(session)

    assert not session.close().is_changed


def test_rotation_changes_the_id_and_keeps_the_rest() -> None:
    """
    The old id ends, and the time since when it has lasted stays.
    """
    session = load(user_id="7")
    session.rotate()

    plan = session.close()

    assert plan.id not in {None, "old id"}
    assert (plan.is_ended, plan.is_carried, plan.data["a"], plan.user_id) == (True, True, 1, "7")
    assert plan.created_at == 1_000


@pytest.mark.row(73)
def test_login_changes_the_id_and_begins_anew() -> None:
    """
    What a visitor has kept stays, under an id that nobody else can know.
    """
    session = load()
    session.log_in("7")

    plan = session.close()

    assert plan.id not in {None, "old id"}
    assert (plan.is_ended, plan.is_carried, plan.data["a"], plan.created_at) == (True, False, 1, None)
    assert session.user_id == "7"


def test_login_of_another_user_leaves_nothing_of_the_one_before() -> None:
    """
    Two who share a browser share no session.
    """
    session = load(user_id="7")
    session.log_in("8")

    assert dict(session) == {}


@pytest.mark.parametrize("user_id", [7, "", None])
def test_user_id_is_a_text(user_id: Any) -> None:
    """
    The error says what to write.
    """
    with pytest.raises(TypeError, match=r"A user's id is a text, got .*\. Write session\.log_in\(str\(user\.id\)\)\."):
        Session().log_in(user_id)


def test_invalidated_session_is_empty_and_a_new_one_may_begin() -> None:
    """
    What is kept afterwards has nothing to do with it.
    """
    session = load(user_id="7")
    session.invalidate()
    assert (dict(session), session.user_id, session.created_at) == ({}, None, None)
    session["notice"] = "bye"

    plan = session.close()

    assert (plan.is_ended, plan.is_carried, plan.text) == (True, False, '{"notice":"bye"}')
    assert plan.id not in {None, "old id"}


def test_secret_belongs_to_one_id_and_one_purpose() -> None:
    """
    A session that has not begun begins with it.
    """
    session = Session()
    secret = session.derive_secret("csrf")
    assert session.derive_secret("csrf") == secret != session.derive_secret("state")
    session.rotate()
    assert session.derive_secret("csrf") != secret

    assert session.close().is_changed


@pytest.mark.parametrize("value", [{1}, object(), float("nan"), b"x", datetime.now(UTC), [{"a": {1, 2}}]])
def test_value_that_json_has_no_word_for_is_refused_at_once(value: Any) -> None:
    """
    The error names the key and the type, where it is set or, inside of another value, when it is saved.
    """
    session = Session()
    with pytest.raises(SessionValueError, match=r"^session\['cart'\] has what JSON has no word for: "):
        session["cart"] = value
    session["list"] = []
    session["list"].append(value)
    with pytest.raises(SessionValueError, match=r"^session\['list'\] has what JSON has no word for: list"):
        session.close()


def test_key_is_a_text() -> None:
    """
    JSON would make one of a number, without a word.
    """
    with pytest.raises(SessionValueError, match=r"^session\[7\] has a key that is no text\."):
        Session()[7] = 1  # type: ignore[index]


@pytest.mark.parametrize(
    "change",
    [
        lambda session: session.__setitem__("a", 1),
        lambda session: session.pop("a"),
        lambda session: session.clear(),
        lambda session: session.log_in("7"),
        lambda session: session.rotate(),
        lambda session: session.invalidate(),
    ],
)
@pytest.mark.parametrize("close", [Session.close, Session.freeze])
def test_saved_session_can_be_read_and_not_changed(
    close: Callable[[Session], object], change: Callable[[Session], object]
) -> None:
    """
    What would be lost is refused, with where to change it instead.
    """
    session = load()
    close(session)

    with pytest.raises(SessionStateError, match=r"(?s)was saved already.*before the handler returns"):
        change(session)

    assert session["a"] == 1
    assert session.derive_secret("csrf")


def test_times_are_aware() -> None:
    """
    `created_at` is a time, not a number.
    """
    assert load().created_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert Session().created_at is None
    assert Session().is_new
    assert not load().is_new


def test_it_is_found_on_a_request() -> None:
    """
    Or the error says which middleware is missing.
    """
    request = Request()
    with pytest.raises(SessionStateError, match=r"(?s)no SessionMiddleware is around this route.*add_middleware"):
        Session.__from_request__(request)
    request.state.session = session = load()

    assert Session.__from_request__(request) is session


def test_data_is_written_as_compact_json() -> None:
    """
    In ASCII, whatever the text.
    """
    assert write_data({"ä": "\ud800"}) == '{"\\u00e4":"\\ud800"}'
    assert write_value("a", [1, None]) == "[1,null]"
