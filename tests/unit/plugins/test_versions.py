"""
Versions and requirements: what they accept, and what they say when they cannot be read.
"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.plugins.versions import Requirement, VersionError, parse_version

IN_ORDER = [
    *("0", "0.1.dev1", "0.1a1", "0.1", "1.0.dev1", "1.0a1.dev1", "1.0a1", "1.0a2", "1.0b1", "1.0rc1", "1.0"),
    *("1.0.post1.dev1", "1.0.post1", "1.0.1", "1.2", "1.10", "2.0rc1", "2", "10.0", "1!0.1", "1!1.0rc1", "2!0"),
]


@pytest.mark.parametrize(("earlier", "later"), list(itertools.pairwise(IN_ORDER)))
def test_versions_are_ordered_as_pep_440_says(earlier: str, later: str) -> None:
    """Development releases come first, then alphas, betas, candidates, the release and what mends it."""
    assert parse_version(earlier) < parse_version(later)


@pytest.mark.parametrize(
    ("one", "other"), [("1", "1.0"), ("1.0", "1.0.0"), ("0", "0.0"), ("1.0rc1", "1rc1"), ("v1.0RC1", "1.0rc1")]
)
def test_zeros_at_the_end_mean_nothing(one: str, other: str) -> None:
    """The same release may be written shorter."""
    assert parse_version(one) == parse_version(other)


@pytest.mark.parametrize(
    "text",
    ["", "1.", ".1", "v", "1.0-1", "!1.0", "1!", "1.0+", "1.0+a+b", "1.0+ä", "1.0 ", "one", "1.0rc", "١.٢", None, 1.0],
)
def test_other_texts_are_no_versions(text: object) -> None:
    """What is no version is named, with an example of one."""
    with pytest.raises(VersionError) as caught:
        parse_version(text)  # type: ignore[arg-type]

    assert str(caught.value) == f"{text!r} is no version.\n  Write numbers with dots, such as '1.2.0' or '1.2.0rc1'."


@pytest.mark.parametrize(
    ("requirement", "version", "is_accepted"),
    [
        ("a", "0.1", True),
        ("a==1.0", "1.0+local", True),
        ("a>1.0", "1.0+local.2", False),
        ("a>5", "1!1.0", True),
        ("a<1!2", "1!2.0rc1", False),
        ("a~=1!2.3", "1!2.4", True),
        ("a~=2.3", "1!2.4", False),
        ("a~=v1.4.2", "1.4.5", True),
        ("a>=1", "v1.0", True),
        ("a>=1,<2", "1", True),
        ("a>=1,<2", "1.9.9", True),
        ("a>=1,<2", "2.0", False),
        ("a>=1,<2", "0.9", False),
        ("a>=1,<2", "2.0rc1", False),
        ("a<2.0rc2", "2.0rc1", True),
        ("a<2", "1.9rc1", True),
        ("a==1.0", "1", True),
        ("a==1.0", "1.0.post1", False),
        ("a!=1.5", "1.5.0", False),
        ("a!=1.5", "1.6", True),
        ("a<=1.5", "1.5", True),
        ("a>1.7", "1.7.post1", False),
        ("a>1.7.post1", "1.7.post2", True),
        ("a>1.7", "1.7.1", True),
        ("a~=1.4", "1.9", True),
        ("a~=1.4", "1.3", False),
        ("a~=1.4", "2.0", False),
        ("a~=1.4.2", "1.4.9", True),
        ("a~=1.4.2", "1.5", False),
        ("a~=2.0", "2.7", True),
        ("a~=2.2rc1", "2.2", True),
        ("a~=2.2rc1", "2.2b1", False),
        ("a~=2.2.post3", "2.9", True),
        ("a~=2.2.post3", "2.2.post2", False),
        ("a~=2.2.dev1", "3.0", False),
        ("a~=2.0.0", "2", True),
        (" a >= 1 , < 2 ", "1.5", True),
    ],
)
def test_requirement_accepts_what_its_conditions_say(requirement: str, version: str, *, is_accepted: bool) -> None:
    """All conditions have to hold, each as PEP 440 defines it."""
    assert Requirement.parse(requirement).accepts(version) is is_accepted


def test_requirement_is_written_without_spaces() -> None:
    """It has one form in messages and tables."""
    assert str(Requirement.parse("database >= 1 , < 2")) == "database>=1,<2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' names no plugin.\n  Write 'database' or 'database>=1,<2'."),
        (7, "7 names no plugin.\n  Write 'database' or 'database>=1,<2'."),
        (
            "a>=1,",
            (
                "'a>=1,' has a condition that cannot be read: ''.\n"
                "  Write an operator (== != >= <= > < ~=) and a version: 'database>=1,<2'."
            ),
        ),
        (
            "a 1.0",
            (
                "'a 1.0' has a condition that cannot be read: '1.0'.\n"
                "  Write an operator (== != >= <= > < ~=) and a version: 'database>=1,<2'."
            ),
        ),
        (
            "a==1.*",
            (
                "'a==1.*' has a condition with no version in it: '1.*'.\n"
                "  Write numbers with dots, such as '1.2.0' or '1.2.0rc1'. Instead of '==1.*' write '>=1,<2'."
            ),
        ),
        ("a~=1", "'a~=1': '~=1' would accept everything.\n  Write '>=1' or '~=1.0'."),
    ],
)
def test_unreadable_requirement_says_what_to_write(text: object, message: str) -> None:
    """The condition that is at fault is named."""
    with pytest.raises(VersionError) as caught:
        Requirement.parse(text)  # type: ignore[arg-type]

    assert str(caught.value) == message


@given(st.lists(st.integers(0, 30), min_size=1, max_size=4), st.lists(st.integers(0, 30), min_size=1, max_size=4))
def test_releases_compare_number_by_number(one: list[int], other: list[int]) -> None:
    """A release is compared as its numbers are, the shorter one filled up with zeros."""
    filled = [numbers + [0] * (4 - len(numbers)) for numbers in (one, other)]

    first, second = (parse_version(".".join(map(str, numbers))) for numbers in (one, other))

    assert (first < second) == (filled[0] < filled[1])
    assert (first == second) == (filled[0] == filled[1])


def test_build_cannot_be_asked_for() -> None:
    """Its label says nothing about what the plugin can do."""
    with pytest.raises(VersionError) as caught:
        Requirement.parse("a==1.0+local")

    assert str(caught.value) == "'a==1.0+local' asks for one build: '1.0+local'.\n  Write '==1.0'."
