"""
HKDF: the vectors of RFC 5869, Appendix A, and its limit.
"""

import pytest

from covet.security.hkdf import expand, extract

# RFC 5869, Appendix A.1 to A.3: secret, salt, info, length, concentrated key, output.
VECTORS = [
    (
        "0b" * 22,
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        bytes(range(0x50)).hex(),
        bytes(range(0x60, 0xB0)).hex(),
        bytes(range(0xB0, 0x100)).hex(),
        "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        (
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
            "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
    ),
    (
        "0b" * 22,
        "",
        "",
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]


@pytest.mark.parametrize(("secret", "salt", "info", "key", "output"), VECTORS, ids=["A.1", "A.2", "A.3"])
def test_vector_of_the_rfc(secret: str, salt: str, info: str, key: str, output: str) -> None:
    """Both steps give what the RFC has, byte by byte."""
    extracted = extract(bytes.fromhex(secret), salt=bytes.fromhex(salt))

    assert extracted.hex() == key
    assert expand(extracted, info=bytes.fromhex(info), length=len(output) // 2).hex() == output


@pytest.mark.parametrize("length", [1, 31, 32, 33, 255 * 32])
def test_length_is_what_was_asked_for(length: int) -> None:
    """A shorter key is the beginning of a longer one."""
    key = extract(b"secret")

    assert expand(key, info=b"", length=length) == expand(key, info=b"", length=255 * 32)[:length]


@pytest.mark.parametrize("length", [0, -1, 255 * 32 + 1])
def test_length_out_of_range_is_refused(length: int) -> None:
    """The message says the range and where it comes from."""
    with pytest.raises(ValueError, match=rf"gives 1 to 8160 bytes, not {length} \(RFC 5869 §2\.3\)"):
        expand(extract(b"secret"), info=b"", length=length)
