"""
An application with accounts, whose sessions and users are in files that two workers share.
"""

import asyncio
import os
from uuid import uuid4

from covet import CovetPy, Request
from covet.auth import PasswordAuthProvider, Principal, SQLiteUsers, UserRecord
from covet.middleware import AuthenticationMiddleware, SessionMiddleware
from covet.security import PasswordHasher, Scrypt
from covet.sessions import Session

FOLDER = os.environ["LOGIN_FOLDER"]

hasher = PasswordHasher([Scrypt(cost=4)])
users = SQLiteUsers(f"{FOLDER}/users.db")
logins = PasswordAuthProvider(users, hasher=hasher)
sessions = SessionMiddleware(
    "a key of the tests alone, Zr8wE2yU5iO9pA1s",
    store=f"sqlite:///{FOLDER}/sessions.db",
    idle_timeout=float(os.environ.get("LOGIN_IDLE", "3600")),
)
# In development the cookie of a loopback address needs no TLS.
app = CovetPy(debug=True, middleware=[sessions, AuthenticationMiddleware(logins)])


@app.post("/register")
async def register(credentials: dict[str, str]) -> None:
    """Add a user."""
    password_hash = await hasher.hash(credentials["password"])
    await users.add(UserRecord(id=uuid4().hex, username=credentials["username"], password_hash=password_hash))


@app.post("/login")
async def log_in(request: Request, credentials: dict[str, str]) -> str:
    """Log in."""
    user = await logins.check_password(request, credentials["username"], credentials["password"])
    await logins.login(request, user)
    return str(user.id)


@app.post("/logout")
async def log_out(request: Request) -> None:
    """Log out here."""
    await logins.logout(request)


@app.post("/rotate")
async def rotate(session: Session) -> None:
    """Take another id."""
    session.rotate()


@app.post("/everywhere")
async def log_out_everywhere(principal: Principal) -> int:
    """Log out in all browsers."""
    return await sessions.revoke_user(str(principal.id))


@app.post("/keep/{key}")
async def keep(key: str, session: Session) -> None:
    """Keep something, in no hurry."""
    session[key] = True
    await asyncio.sleep(0.05)


@app.get("/me")
async def show(principal: Principal, session: Session) -> dict[str, object]:
    """Say who asks, and what their session has."""
    kept = sorted(key for key in session if not key.startswith("_"))
    return {"known": principal.is_authenticated, "kept": kept, "process": os.getpid()}
