"""
People: registering, logging in, changing oneself, profiles, following.
"""

import pytest

from covet.testing import TestClient
from tests.integration.conduit.conftest import PASSWORD, Person


async def test_who_registers_can_log_in(client: TestClient, ada: Person) -> None:
    """
    Both answers have the user and a token, and the token is good.
    """
    response = await client.post("/api/users/login", json={"user": {"email": "ada@example.com", "password": PASSWORD}})

    user = response.json()["user"]
    assert response.status_code == 200
    assert user == {"username": "ada", "email": "ada@example.com", "bio": None, "image": None, "token": user["token"]}
    found = await Person(client, "ada", user["token"]).get("/user")
    assert found["user"] | {"token": ""} == user | {"token": ""}
    assert (await Person(client, "ada", found["user"]["token"]).get("/user"))["user"]["username"] == "ada"


async def test_address_is_one_in_whatever_case(client: TestClient, ada: Person) -> None:
    """
    Whoever logs in may write it as they like.
    """
    response = await client.post("/api/users/login", json={"user": {"email": "Ada@EXAMPLE.com", "password": PASSWORD}})

    assert response.status_code == 200
    assert response.json()["user"]["email"] == "ada@example.com"


@pytest.mark.parametrize(
    ("user", "field"),
    [
        ({"username": "ada", "email": "other@example.com", "password": PASSWORD}, "username"),
        ({"username": "other", "email": "ada@example.com", "password": PASSWORD}, "email"),
        ({"username": "other", "email": "ADA@Example.com", "password": PASSWORD}, "email"),
    ],
)
async def test_names_and_addresses_are_one_persons(
    client: TestClient, ada: Person, blaise: Person, user: dict[str, str], field: str
) -> None:
    """
    What is taken is a conflict that names the field, for who registers and for who changes.
    """
    registered = await client.post("/api/users", json={"user": user})
    changed = await blaise.send("PUT", "/user", {"user": {field: user[field]}})

    for response in (registered, changed):
        assert response.status_code == 409
        assert response.json() == {"errors": {field: ["has already been taken"]}}
    assert (await blaise.get("/user"))["user"]["username"] == "blaise"


@pytest.mark.parametrize(
    ("user", "fields"),
    [
        ({}, {"username", "email", "password"}),
        ({"username": "", "email": "ada", "password": "short"}, {"username", "email", "password"}),
        ({"username": "a/b", "email": "a@b", "password": PASSWORD}, {"username"}),
        (
            {"username": "a" * 65, "email": f"{'a' * 250}@b.example", "password": "x" * 1001},
            {"username", "email", "password"},
        ),
        ({"username": None, "email": 7, "password": []}, {"username", "email", "password"}),
    ],
)
async def test_wrong_user_is_refused_with_every_error(
    client: TestClient, user: dict[str, object], fields: set[str]
) -> None:
    """
    All that is wrong is said at once, by field.
    """
    response = await client.post("/api/users", json={"user": user})

    assert response.status_code == 422
    assert set(response.json()["errors"]) == fields
    assert all(isinstance(message, str) for messages in response.json()["errors"].values() for message in messages)


@pytest.mark.parametrize(
    ("email", "password"), [("ada@example.com", "wrong horse battery"), ("nobody@example.com", PASSWORD)]
)
async def test_wrong_login_says_nothing_more(client: TestClient, ada: Person, email: str, password: str) -> None:
    """
    A wrong password and an unknown address are one answer.
    """
    response = await client.post("/api/users/login", json={"user": {"email": email, "password": password}})

    assert (response.status_code, response.json()) == (401, {"errors": {"credentials": ["invalid"]}})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/user"),
        ("PUT", "/user"),
        ("POST", "/profiles/ada/follow"),
        ("DELETE", "/profiles/ada/follow"),
        ("GET", "/articles/feed"),
        ("POST", "/articles"),
        ("PUT", "/articles/x"),
        ("DELETE", "/articles/x"),
        ("POST", "/articles/x/favorite"),
        ("DELETE", "/articles/x/favorite"),
        ("POST", "/articles/x/comments"),
        ("DELETE", "/articles/x/comments/1"),
    ],
)
async def test_a_token_is_needed(client: TestClient, ada: Person, method: str, path: str) -> None:
    """
    Without one, with a bad one and with another scheme the answer is 401, before anything else is looked at.
    """
    absent = await client.request(method, f"/api{path}", json={})
    bad = await client.request(method, f"/api{path}", json={}, headers={"Authorization": f"Token {ada.token}x"})
    bearer = await client.request(method, f"/api{path}", json={}, headers={"Authorization": f"Bearer {ada.token}"})

    assert [response.status_code for response in (absent, bad, bearer)] == [401, 401, 401]
    assert absent.json() == {"errors": {"token": ["is missing"]}}
    assert list(bad.json()["errors"]) == ["token"]
    assert absent.headers["www-authenticate"].startswith("Token")


async def test_a_bad_token_is_refused_where_none_is_needed(client: TestClient) -> None:
    """
    Who thinks to be known and is not is told so.
    """
    response = await client.get("/api/articles", headers={"Authorization": "Token a.b.c"})

    assert response.status_code == 401


async def test_changes_keep_what_they_do_not_name(client: TestClient, ada: Person) -> None:
    """
    Each field by itself; `null` and nothing are nothing; a new password is the one to log in with.
    """
    before = (await ada.get("/user"))["user"]
    changes = {"bio": "I write.", "image": "https://example.com/ada.png", "password": "a new battery"}

    changed = await ada.send("PUT", "/user", {"user": changes})
    ada.token = changed.json()["user"]["token"]
    emptied = await ada.send("PUT", "/user", {"user": {"bio": "", "image": None}})
    login = {"email": "ada@example.com", "password": "a new battery"}
    logged_in = await client.post("/api/users/login", json={"user": login})

    expected = before | {"bio": "I write.", "image": "https://example.com/ada.png", "token": ""}
    assert (changed.status_code, changed.json()["user"] | {"token": ""}) == (200, expected)
    assert emptied.json()["user"]["bio"] is emptied.json()["user"]["image"] is None
    assert logged_in.status_code == 200


async def test_a_new_password_ends_all_tokens(client: TestClient, ada: Person, blaise: Person) -> None:
    """
    Those of before, but not the one of the answer, nor those of others.
    """
    changed = await ada.send("PUT", "/user", {"user": {"password": "a new battery"}})

    answers = [
        (await Person(client, "", token).send("GET", "/user")).status_code
        for token in (ada.token, changed.json()["user"]["token"], blaise.token)
    ]
    assert answers == [401, 200, 200]


async def test_profiles_say_whether_one_follows(ada: Person, blaise: Person, stranger: Person) -> None:
    """
    Following twice is following once; others see nothing of it.
    """
    answers = [
        (await blaise.send(method, "/profiles/ada/follow")).json()["profile"]["following"]
        for method in ("POST", "POST", "DELETE", "DELETE", "POST")
    ]

    profile = {"username": "ada", "bio": None, "image": None}
    assert answers == [True, True, False, False, True]
    assert (await blaise.get("/profiles/ada"))["profile"] == profile | {"following": True}
    assert (await ada.get("/profiles/blaise"))["profile"]["following"] is False
    assert (await stranger.get("/profiles/ada"))["profile"] == profile | {"following": False}


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/follow"), ("DELETE", "/follow")])
async def test_nobody_has_no_profile(ada: Person, method: str, path: str) -> None:
    """
    A name that nobody has is 404, and the answer says of what.
    """
    response = await ada.send(method, f"/profiles/nobody{path}")

    assert (response.status_code, response.json()) == (404, {"errors": {"profile": ["not found"]}})
