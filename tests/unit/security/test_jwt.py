"""
JSON Web Tokens: what is refused, and what is not.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from joserfc import jwk

from covet.security import Signer
from covet.security.base64url import encode_base64url
from covet.security.errors import InvalidTokenError
from covet.security.jwt import JWTClaimRules, JWTKey, decode_jwt, encode_jwt, parse_jwt

SECRET = "R9f3kLmQ27xYtWz8VbNc4HdJsPgEuKiA"
NOW = 1_800_000_000
TWICE = b'{"sub":"7","exp":1800000060,"sub":"1"}'
GOOD = {"sub": "7", "exp": NOW + 60}
RSA = jwk.RSAKey.generate_key(2048)
KEY = JWTKey.from_secret(SECRET, kid="k")
PUBLIC = JWTKey.from_pem(RSA.as_pem(private=False), kid="k")
PRIVATE = JWTKey.from_pem(RSA.as_pem(private=True), kid="k")
RULES = JWTClaimRules()


def now() -> datetime:
    """The time of these tests."""
    return datetime.fromtimestamp(NOW, UTC)


def write(part: object) -> str:
    """Write a part of a token."""
    return encode_base64url(json.dumps(part).encode())


def forge(header: Mapping[str, object], key: JWTKey = KEY, claims: object = GOOD) -> str:
    """Make a token with a good signature of whatever header and claims."""
    signed = f"{write(header)}.{write(claims)}"
    return f"{signed}.{encode_base64url(key.sign(signed.encode()))}"


def decode(token: str, rules: JWTClaimRules = RULES, key: JWTKey = KEY) -> dict[str, object]:
    """Verify a token with one key, now."""
    return decode_jwt(token, {"k": key}, rules, clock=now)


def refuse(token: str, rules: JWTClaimRules = RULES, key: JWTKey = KEY) -> str:
    """Have a token refused, and return why."""
    with pytest.raises(InvalidTokenError) as caught:
        decode(token, rules, key)
    assert caught.value.status_code == 401
    return caught.value.reason


def test_a_good_token_is_good() -> None:
    """With and without the name of its key and its type, in whatever case that is."""
    for header in ({"alg": "HS256", "kid": "k", "typ": "JWT"}, {"alg": "HS256"}, {"alg": "HS256", "typ": "at+JWT"}):
        assert decode(forge(header)) == GOOD
    assert parse_jwt(encode_jwt(GOOD, KEY)).header == ("HS256", "k", "jwt")


@pytest.mark.row(84)
@pytest.mark.parametrize(
    "secret",
    [
        RSA.as_pem(private=False),
        RSA.as_pem(private=False).strip(),
        RSA.as_der(private=False),
        json.dumps(RSA.as_dict(private=False)).encode(),
        json.dumps(RSA.as_dict(private=False), separators=(",", ":"), sort_keys=True).encode(),
        b"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDf user@host",
    ],
)
def test_row_084_a_public_key_is_no_secret(secret: bytes) -> None:
    """Whatever its form: the key says the algorithm, and the token cannot."""
    import hmac

    signed = f"{write({'alg': 'HS256', 'kid': 'k', 'typ': 'JWT'})}.{write(GOOD)}"
    token = f"{signed}.{encode_base64url(hmac.digest(secret, signed.encode(), 'sha256'))}"

    assert refuse(token, key=PUBLIC) == "The signature is not valid."
    assert decode(encode_jwt(GOOD, PRIVATE), key=PUBLIC) == GOOD


@pytest.mark.row(84)
@pytest.mark.parametrize("algorithm", ["RS384", "PS256", "ES256", "HS512", "rs256", "RS256 ", ""])
def test_row_084_a_token_does_not_choose_its_algorithm(algorithm: str) -> None:
    """Even with a good signature."""
    assert refuse(forge({"alg": algorithm, "kid": "k"}, PRIVATE), key=PUBLIC) == "The signature is not valid."


@pytest.mark.row(85)
@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "NONE", ""])
def test_row_085_none_is_no_algorithm(algorithm: str) -> None:
    """Without a signature, with one, and with a good one."""
    head = f"{write({'alg': algorithm, 'kid': 'k'})}.{write(GOOD)}"

    for token in (f"{head}.", head, f"{head}.AAAA", forge({"alg": algorithm, "kid": "k"})):
        assert refuse(token) in {"The token is malformed.", "The signature is not valid."}


@pytest.mark.row(85)
def test_row_085_an_empty_signature_is_none() -> None:
    """With a good head."""
    head = encode_jwt(GOOD, KEY).rpartition(".")[0]

    assert refuse(f"{head}.") == "The token is malformed."


@pytest.mark.row(86)
@pytest.mark.parametrize(
    "extra",
    [
        {"jwk": JWTKey.from_pem(jwk.RSAKey.generate_key(2048).as_pem(private=True)).to_public_jwk()},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MIIB"]},
    ],
)
def test_row_086_a_key_in_the_header_is_not_looked_at(extra: dict[str, object]) -> None:
    """One's own key is used, whatever is brought along."""
    other = JWTKey.from_secret(SECRET[::-1])

    assert decode(forge({"alg": "HS256", "kid": "k", **extra})) == GOOD
    assert refuse(forge({"alg": "HS256", "kid": "k", **extra}, other)) == "The signature is not valid."


@pytest.mark.row(86)
@pytest.mark.parametrize("kid", ["../../dev/null", "' OR 1=1 --", "", "K", "k\x00", "__class__", "\ud800"])
def test_row_086_a_name_only_looks_up(kid: str) -> None:
    """Of what is not there nothing comes."""
    assert refuse(forge({"alg": "HS256", "kid": kid})) in {"The signature is not valid.", "The token is malformed."}


@pytest.mark.row(86)
@pytest.mark.parametrize("kid", [7, None, ["k"], {"k": 1}, True])
def test_row_086_a_name_is_a_text(kid: object) -> None:
    """`null` says none; everything else is malformed."""
    token = forge({"alg": "HS256", "kid": kid})

    if kid is None:
        assert decode(token) == GOOD
    else:
        assert refuse(token) == "The token is malformed."


@pytest.mark.row(87)
@pytest.mark.parametrize(
    "extra", [{"crit": ["x"], "x": 1}, {"crit": []}, {"b64": False}, {"crit": ["b64"], "b64": False}]
)
def test_row_087_no_extension_is_understood(extra: dict[str, object]) -> None:
    """Also an empty list of them."""
    assert refuse(forge({"alg": "HS256", "kid": "k", **extra})) == "The token is malformed."


@pytest.mark.row(88)
@pytest.mark.parametrize(
    "issuer", ["https://a", "https://a.b/", "HTTPS://A.B", "https://a.b.c", "", None, ["https://a.b"]]
)
def test_row_088_an_issuer_is_equal(issuer: object) -> None:
    """Never a part of it, nor a list with it."""
    rules = JWTClaimRules(issuers=frozenset({"https://a.b"}))

    assert "The " in refuse(forge({"alg": "HS256"}, claims={**GOOD, "iss": issuer}), rules)
    assert decode(forge({"alg": "HS256"}, claims={**GOOD, "iss": "https://a.b"}), rules)["sub"] == "7"
    assert refuse(forge({"alg": "HS256"}), rules) == "The token is somebody else's."


@pytest.mark.row(88)
@pytest.mark.parametrize("audience", ["ap", "api2", ["web"], [], None, 7, {"api": 1}, ["api", 7], True])
def test_row_088_an_audience_is_one_of_the_list(audience: object) -> None:
    """A text or a list of texts; a token for somebody is refused by whoever is nobody."""
    rules = JWTClaimRules(audiences=frozenset({"api"}))

    assert "The " in refuse(forge({"alg": "HS256"}, claims={**GOOD, "aud": audience}), rules)
    for good in ("api", ["web", "api"]):
        token = forge({"alg": "HS256"}, claims={**GOOD, "aud": good})
        assert decode(token, rules)["aud"] == good
        assert refuse(token) == "The token is for somebody else."


@pytest.mark.row(88)
@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "value",
    [True, False, "1800000060", [1], {}, 1e300, -1, 10**30, "NaN", float("nan"), float("inf"), -0.5],
)
def test_row_088_a_moment_is_a_number(name: str, value: object) -> None:
    """And nothing that only looks like one."""
    assert refuse(forge({"alg": "HS256"}, claims={**GOOD, name: value})) in {
        f"The claim {name} is no number.",
        f"The claim {name} is out of range.",
        # No JSON has a word for what is no number.
        "The token is malformed.",
    }


def test_row_088_moments_are_kept() -> None:
    """To the second, with a fraction too; leeway is for clocks that differ."""
    lenient = JWTClaimRules(leeway=30)
    cases = [("exp", NOW, NOW - 29), ("exp", NOW - 0.5, NOW - 29.5), ("nbf", NOW + 1, NOW + 30)]

    for name, bad, within in cases:
        refuse(forge({"alg": "HS256"}, claims={**GOOD, name: bad}))
        assert decode(forge({"alg": "HS256"}, claims={**GOOD, name: within}), lenient)
    assert decode(forge({"alg": "HS256"}, claims={**GOOD, "nbf": NOW, "exp": NOW + 0.5}))


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"sub": "7"}, "The token lacks exp."),
        ({"exp": NOW + 1}, "The token lacks sub."),
        ({**GOOD, "sub": 7}, "The claim sub is no text."),
        ({**GOOD, "jti": 7}, "The claim jti is no text."),
        ({**GOOD, "exp": None}, "The token lacks exp."),
        ([], "The token is malformed."),
        ("text", "The token is malformed."),
    ],
)
def test_what_has_to_be_there_is(claims: object, reason: str) -> None:
    """And is what it should be."""
    assert refuse(forge({"alg": "HS256"}, claims=claims)) == reason


def test_two_members_of_one_name_are_refused() -> None:
    """Two sides might read different ones."""
    signed = f"{write({'alg': 'HS256'})}.{encode_base64url(TWICE)}"

    assert refuse(f"{signed}.{encode_base64url(KEY.sign(signed.encode()))}") == "The token is malformed."


@pytest.mark.row(89)
def test_row_089_a_long_token_is_refused_unread() -> None:
    """More than 8 KiB; one that is packed is none."""
    assert refuse("a" * 1024 * 1024) == "The token is too long."
    assert refuse(forge({"alg": "HS256"}, claims={**GOOD, "x": "y" * 8192})) == "The token is too long."
    assert refuse(forge({"alg": "HS256", "zip": "DEF"})) == "The token is malformed."
    assert refuse(forge({"alg": "HS256", "enc": "A256GCM"})) == "The token is malformed."
    with pytest.raises(ValueError, match=r"more than 8192\. Put less into it"):
        encode_jwt({**GOOD, "x": "y" * 8192}, KEY)


@pytest.mark.parametrize(
    "token", ["", ".", "..", "...", "a.b", "a.b.c.d", "a.b.c.d.e", "é.b.c", "e30=.e30=.AA==", " a.b.c", "a.b.c\n"]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    """Whatever it is."""
    assert refuse(token) == "The token is malformed."


def test_a_changed_token_is_refused() -> None:
    """Each of its characters counts, the last one too; it is not shown."""
    token = encode_jwt(GOOD, KEY)

    for index, letter in enumerate(token):
        for other in {"A", "B", "_", "."} - {letter}:
            reason = refuse(token[:index] + other + token[index + 1 :])
            assert token not in reason


def test_another_kind_of_token_is_refused() -> None:
    """By its type: one for refreshing is none for access."""
    assert refuse(forge({"alg": "HS256", "typ": "rt+jwt"})) == "The token is of another kind."


@pytest.mark.row(78)
def test_row_078_a_signed_value_is_no_token() -> None:
    """With the same secret: nothing of the one is accepted as the other."""
    signer = Signer(SECRET, purpose="jwt")

    assert refuse(signer.seal(GOOD, expires_in=60)) == "The token is malformed."
    with pytest.raises(Exception, match="signature is not valid"):
        signer.unseal(encode_jwt(GOOD, KEY))


@pytest.mark.campaign
def test_row_085_no_mutation_of_a_token_is_accepted() -> None:
    """100,000 of them, of a token of each kind."""
    import random

    chance = random.Random(85)
    alphabet = "ABCabc019-_.=+/ \x00é"
    for key in (KEY, PRIVATE):
        token, found = encode_jwt(GOOD, key), 0
        for _ in range(50_000):
            letters = list(token)
            for _ in range(chance.randint(1, 3)):
                place = chance.randrange(len(letters))
                what = chance.choice(("replace", "remove", "insert", "swap"))
                if what == "replace":
                    letters[place] = chance.choice(alphabet)
                elif what == "remove":
                    letters.pop(place)
                elif what == "insert":
                    letters.insert(place, chance.choice(alphabet))
                else:
                    other = chance.randrange(len(letters))
                    letters[place], letters[other] = letters[other], letters[place]
            changed = "".join(letters)
            if changed == token:
                continue
            try:
                decode(changed, key=key)
            except InvalidTokenError:
                continue
            found += 1
        assert found == 0
