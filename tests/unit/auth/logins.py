"""
What the tests of logins share: a hasher that counts, users, a session.
"""

from typing import Any

from covet.auth import MemoryUsers, UserRecord
from covet.security import PasswordHasher, Scrypt


class CountingScrypt(Scrypt):
    """A cheap scheme that counts its work."""

    verifications = 0

    def verify(self, stored: str, password: bytes) -> bool:
        self.verifications += 1
        return super().verify(stored, password)


class FakeSession(dict[str, Any]):
    """A session as far as logins need one; it writes down what becomes of it."""

    def __init__(self) -> None:
        super().__init__()
        self.user_id: str | None = None
        self.is_closed = False
        self.log: list[str] = []

    def log_in(self, user_id: str) -> None:
        self.user_id = user_id
        self.log.append("log_in")

    def rotate(self) -> None:
        self.log.append("rotate")

    def invalidate(self) -> None:
        self.clear()
        self.user_id = None
        self.log.append("invalidate")


async def make_users() -> tuple[MemoryUsers, PasswordHasher, CountingScrypt]:
    """Make some users: ada with a password, grace without, eve who may not log in."""
    scheme = CountingScrypt(cost=4)
    hasher = PasswordHasher([scheme])
    ada = UserRecord(id=7, username="ada", password_hash=await hasher.hash("correct horse"), roles=frozenset({"admin"}))
    grace = UserRecord(id=8, username="grace", password_hash=None)
    eve = UserRecord(id=9, username="eve", password_hash=await hasher.hash("correct horse"), is_active=False)
    return MemoryUsers([ada, grace, eve]), hasher, scheme
