"""
People: register, log in, change oneself; look at others, and follow them.
"""

from msgspec import UNSET, structs

from covet.auth import Principal, requires
from covet.core import CovetRouter
from covet.database.orm import Repository
from covet.exceptions import AuthenticationError, ConflictError, NotFoundError
from covet.middleware import RateLimitMiddleware
from covet.security import PasswordHasher
from examples.conduit.errors import fail
from examples.conduit.models import Follow
from examples.conduit.shapes import Login, Name, NewUser, OfProfile, OfUser, Profile, UserChanges, UserOut
from examples.conduit.store import Users
from examples.conduit.tokens import Tokens

users = CovetRouter(tags=["User and Authentication"])
profiles = CovetRouter(prefix="/profiles/{username}", tags=["Profile"])


@users.post("/users", status_code=201, raises=[ConflictError])
async def register(body: OfUser[NewUser], people: Users, hasher: PasswordHasher, tokens: Tokens) -> OfUser[UserOut]:
    fields = structs.asdict(body.user)
    fields["password_hash"] = await hasher.hash(fields.pop("password"))
    user = await people.create(fields)
    await people.session.commit()
    return OfUser(UserOut.of(user, await tokens.create_for(user)))


@users.post("/users/login", middleware=[RateLimitMiddleware(30, 60, name="logins")], raises=[AuthenticationError])
async def log_in(body: OfUser[Login], people: Users, hasher: PasswordHasher, tokens: Tokens) -> OfUser[UserOut]:
    user = await people.find_one({"email": body.user.email.lower()})
    # Whoever is not there takes as long as a wrong password.
    is_right = await hasher.verify(user.password_hash if user else None, body.user.password)
    if user is None or not is_right:
        raise fail(AuthenticationError, credentials="invalid")
    return OfUser(UserOut.of(user, await tokens.create_for(user)))


@users.get("/user", middleware=[requires()], raises=[NotFoundError])
async def show_user(principal: Principal, people: Users, tokens: Tokens) -> OfUser[UserOut]:
    user = await people.get_by_id(int(principal.id or 0))
    return OfUser(UserOut.of(user, await tokens.create_for(user)))


@users.put("/user", middleware=[requires()], raises=[NotFoundError, ConflictError])
async def change_user(
    body: OfUser[UserChanges], principal: Principal, people: Users, hasher: PasswordHasher, tokens: Tokens
) -> OfUser[UserOut]:
    changes = {name: value for name, value in structs.asdict(body.user).items() if value is not UNSET}
    if "password" in changes:
        changes["password_hash"] = await hasher.hash(changes.pop("password"))
    # Nothing that is said of oneself is nothing.
    changes |= {name: changes[name] or None for name in ("bio", "image") if name in changes}
    user = await people.update(int(principal.id or 0), changes)
    await people.session.commit()
    if "password_hash" in changes:
        # Whoever knew the old one is out; the token of this answer is the first of a new era.
        await tokens.revoke_user(user.id)
    return OfUser(UserOut.of(user, await tokens.create_for(user)))


@profiles.get("", raises=[NotFoundError])
async def show_profile(username: Name, people: Users) -> OfProfile:
    return OfProfile(Profile.of(await people.get(username)))


@profiles.post("/follow", middleware=[requires()], raises=[NotFoundError])
async def follow(username: Name, people: Users, follows: Repository[Follow]) -> OfProfile:
    user = await people.get(username)
    key = {"follower_id": people.viewer, "followed_id": user.id}
    await follows.upsert(key, on=list(key))
    await people.session.commit()
    return OfProfile(Profile.of(await people.get(username)))


@profiles.delete("/follow", middleware=[requires()], raises=[NotFoundError])
async def unfollow(username: Name, people: Users, follows: Repository[Follow]) -> OfProfile:
    user = await people.get(username)
    await follows.delete_many({"follower_id": people.viewer, "followed_id": user.id})
    await people.session.commit()
    return OfProfile(Profile.of(await people.get(username)))
