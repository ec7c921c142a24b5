"""
A session: what an application remembers of one client, from request to request.

It notes whether anybody has looked at it, and what has become of it; it must never do any input or output by itself.
"""

import hmac
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, NamedTuple

from covet.security.clock import to_datetime
from covet.security.tokens import generate_token
from covet.sessions.errors import SessionStateError, SessionValueError
from covet.sessions.session_text import PLAIN_TYPES, is_plain, read_data, write_data, write_value

_SECRETS: Final = b"covet.sessions/1 "


@dataclass(slots=True)
class LoadedSession:
    """
    A session as it was found; nobody changes it.

    Attributes:
        id: What its client proves itself with.
        text: What is in it, as JSON.
        user_id: Whose it is, if anybody has logged in.
        created_at: When it began, in milliseconds since 1970.
        seen_at: When it was last used.
        version: How often it was saved.
        is_current: Whether the secret in use has signed its cookie.
        is_due: Whether its use is to be noted, or its cookie to be made anew.
        plain: What is in it, if that is known and nothing of it can be changed inside, as a list can.
    """

    id: str
    text: str
    user_id: str | None
    created_at: int
    seen_at: int
    version: int = 1
    is_current: bool = True
    is_due: bool = False
    plain: dict[str, Any] | None = None  # whatever JSON can hold


class SessionPlan(NamedTuple):
    """
    What is to become of a session.

    Attributes:
        former: What was found, if anything was.
        is_ended: Whether that ends: it was invalidated, or has another id now.
        is_carried: Whether what was in it goes on under another id, without anybody having logged in.
        is_touched: Whether anybody has looked at it.
        id: The id of the session that goes on; `None` if there is nothing to keep.
        data: What is in it.
        text: The same as JSON.
        user_id: Whose it is.
        created_at: When it began; `None` for now.
    """

    former: LoadedSession | None
    is_ended: bool
    is_carried: bool
    is_touched: bool
    id: str | None
    data: dict[str, Any]  # whatever JSON can hold
    text: str
    user_id: str | None
    created_at: int | None

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        former = self.former
        return self.id is not None and (former is None or self.is_ended or former.text != self.text)


# Any: whatever JSON can hold.
class Session(MutableMapping[str, Any]):
    """
    What is remembered of one client: a dictionary of texts to whatever JSON has a word for.

    Handlers take one by its type. It begins with the first thing that is kept in it; until then the client gets no
    cookie. What is changed inside of a list or dictionary of it is noticed.

    Args:
        loaded: What was found; nothing for a client without a session.
        find: What finds it when somebody looks for the first time, where that needs no waiting.
        token: What it is found by.

    Attributes:
        is_touched: Whether anybody has looked at it: the response is this client's alone then.

    Example:
        >>> session = Session()
        >>> session["cart"] = ["tea"]
        >>> session["cart"].append("cake")
        >>> session["cart"], session.is_new
        (['tea', 'cake'], True)
    """

    __brought_by__: ClassVar[str] = "SessionMiddleware"

    __slots__ = (
        "_created_at",
        "_data",
        "_find",
        "_id",
        "_is_carried",
        "_is_closed",
        "_is_needed",
        "_is_written",
        "_loaded",
        "_token",
        "_user_id",
        "is_touched",
    )

    _created_at: int | None
    # `None`: not read yet.
    _data: dict[str, Any] | None
    _id: str | None
    _loaded: LoadedSession | None
    _user_id: str | None

    def __init__(
        self,
        loaded: LoadedSession | None = None,
        find: Callable[[str], LoadedSession | None] | None = None,
        token: str = "",
    ) -> None:
        self.is_touched = self._is_written = self._is_needed = self._is_carried = self._is_closed = False
        self._find = find
        self._token = token
        if find is None:
            self._take(loaded)
        else:
            self._data = None

    # ── What is in it ────────────────────────────────────────────────────────

    def __getitem__(self, key: str) -> Any:
        return self._read()[key]

    def __contains__(self, name: object) -> bool:
        return name in self._read()

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise SessionValueError(key, "has a key that is no text")
        if type(value) not in PLAIN_TYPES:
            write_value(key, value)
        self._change()[key] = value
        self._start()

    def __delitem__(self, key: str) -> None:
        del self._change()[key]

    @property
    def user_id(self) -> str | None:
        """Whose it is, once somebody has logged in."""
        self._look()
        return self._user_id

    @property
    def is_new(self) -> bool:
        """Whether the client came without a session."""
        self._look()
        return self._loaded is None

    @property
    def created_at(self) -> datetime | None:
        """When it began: when its user logged in, or with the first thing in it; `None` before it was saved."""
        self._look()
        return None if self._created_at is None else to_datetime(self._created_at)

    @property
    def is_closed(self) -> bool:
        """Whether it can be read only, as in WebSockets and once the response has begun."""
        return self._is_closed

    # ── Its life ─────────────────────────────────────────────────────────────

    def log_in(self, user_id: str) -> None:
        """
        Make it the session of a user, under a new id: whoever knew the old one knows nothing of this.

        What a visitor has put into it stays, and what another user has does not.

        Args:
            user_id: Who it is; all sessions of a user can be revoked by it.

        Raises:
            TypeError: If it is no text, or empty.
            SessionStateError: If the response has begun.

        Example:
            >>> session = Session()
            >>> session.log_in("7")
            >>> session.user_id
            '7'
        """
        if not isinstance(user_id, str) or not user_id:
            raise TypeError(f"A user's id is a text, got {user_id!r}. Write session.log_in(str(user.id)).")
        data = self._change()
        if self._user_id not in {None, user_id}:
            data.clear()
        self._id = generate_token()
        self._user_id = user_id
        self._created_at = None
        self._is_carried = False

    def rotate(self) -> None:
        """
        Give it a new id, as when its user may do more than before; what is in it stays.

        Raises:
            SessionStateError: If the response has begun.

        Example:
            >>> session = Session(LoadedSession("id", '{"a":1}', None, 0, 0))
            >>> session.rotate()
            >>> session["a"]
            1
        """
        self._change()
        if self._id is not None:
            self._is_carried = self._is_carried or (self._loaded is not None and self._id == self._loaded.id)
            self._id = generate_token()

    def invalidate(self) -> None:
        """
        End it, as when its user logs out: nothing of it is left. What is put into it afterwards is another session.

        Raises:
            SessionStateError: If the response has begun.

        Example:
            >>> session = Session(LoadedSession("id", '{"a":1}', "7", 0, 0))
            >>> session.invalidate()
            >>> dict(session), session.user_id
            ({}, None)
        """
        self._change().clear()
        self._id = self._user_id = self._created_at = None
        self._is_needed = self._is_carried = False

    def derive_secret(self, purpose: str) -> str:
        """
        Derive a secret that this session alone has, until its id changes: for CSRF tokens and the like.

        A session that has not begun begins with it.

        Args:
            purpose: What it is for.

        Raises:
            SessionStateError: If the session has not begun, and the response has.

        Example:
            >>> session = Session()
            >>> session.derive_secret("csrf") == session.derive_secret("csrf") != session.derive_secret("state")
            True
        """
        self._look()
        if self._id is None:
            self._change()
            self._is_needed = True
        return hmac.digest(self._start().encode(), _SECRETS + purpose.encode(), "sha256").hex()

    # ── For those who keep it ────────────────────────────────────────────────

    @classmethod
    def __from_request__(cls, request: Any) -> "Session":  # Any: a request, whose class stands on a higher floor
        """
        Find the session of a request: what a handler's parameter of this type gets.

        Raises:
            SessionStateError: If no middleware has brought one.
        """
        session = getattr(request.state, "session", None)
        if isinstance(session, cls):
            return session
        raise SessionStateError(
            "There is no session: no SessionMiddleware is around this route.",
            hint="Write app.add_middleware(SessionMiddleware(secret_key=...)).",
        )

    def freeze(self) -> None:
        """Let it be read, and not be changed any more."""
        self._is_closed = True

    def rest(self) -> bool:
        """Freeze it if it is known that nothing of it is to be saved, and say whether that is so."""
        if self.is_touched:
            if self._is_written:
                return False
            loaded = self._loaded
            if loaded is not None and (loaded.is_due or (loaded.plain is None and not self._is_plain())):
                return False
        self._is_closed = True
        return True

    def _is_plain(self) -> bool:
        """Tell whether what is in it is as it was found, since nobody has set anything."""
        # What is inside of a list may have been changed without anybody noticing.
        return self._data is None or is_plain(self._data)

    def close(self) -> SessionPlan:
        """Say what is to become of it. From here on it can be read, and not be changed."""
        if self._find is not None:
            self._take(self._find(self._token))
        self._is_closed = True
        loaded = self._loaded
        if self._data is None and loaded is not None:
            # Nobody has looked into it.
            data, text = {}, loaded.text
        else:
            data = self._data or {}
            text = write_data(data)
        is_ended = loaded is not None and self._id != loaded.id
        is_kept = bool(data) or self._user_id is not None or self._is_needed or (loaded is not None and not is_ended)
        return SessionPlan(
            former=loaded,
            is_ended=is_ended,
            is_carried=self._is_carried,
            is_touched=self.is_touched,
            id=self._id if is_kept else None,
            data=data,
            text=text,
            user_id=self._user_id,
            created_at=self._created_at,
        )

    def __repr__(self) -> str:
        return "<Session>"

    def _take(self, loaded: LoadedSession | None) -> None:
        self._find = None
        self._loaded = loaded
        if loaded is None:
            self._id = self._user_id = self._created_at = None
            self._data = {}
        else:
            self._id = loaded.id
            self._user_id = loaded.user_id
            self._created_at = loaded.created_at
            self._data = None

    def _look(self) -> None:
        self.is_touched = True
        if self._find is not None:
            self._take(self._find(self._token))

    def _read(self) -> dict[str, Any]:
        self.is_touched = True
        data = self._data
        if data is None:
            if self._find is not None:
                self._take(self._find(self._token))
            loaded = self._loaded
            if loaded is None:
                self._data = data = {}
            elif loaded.plain is not None:
                self._data = data = loaded.plain.copy()
            else:
                self._data = data = read_data(loaded.text)
        return data

    def _change(self) -> dict[str, Any]:
        if self._is_closed:
            raise SessionStateError(
                "The session was saved already: what is changed now would be lost.",
                hint="Change it before the handler returns: not in a stream, a deferred task or a WebSocket.",
            )
        self._is_written = True
        return self._read()

    def _start(self) -> str:
        if self._id is None:
            self._id = generate_token()
        return self._id
