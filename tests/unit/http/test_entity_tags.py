"""Entity tags, and the lists of them that clients send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import ResponseError
from covet.http.entity_tags import MAX_LENGTH, EntityTags, check_etag, make_etag, weaken_etag
from tests.linearity import assert_linear

TAGS = st.from_regex(r'(W/)?"[!#-~]{0,8}"', fullmatch=True)


@pytest.mark.parametrize(("given", "expected"), [("v1", '"v1"'), ('"v1"', '"v1"'), ('W/"v1"', 'W/"v1"')])
def test_tag_gets_its_quotes(given: str, expected: str) -> None:
    """A text without quotes is quoted, one with quotes stays."""
    assert check_etag(given) == expected


@pytest.mark.parametrize("wrong", ['a"b', 'a"', "a b", "a\r\nb", "é", 7, None])
def test_what_is_no_tag_is_refused(wrong: object) -> None:
    """The text shows the value and says what to write."""
    with pytest.raises(ResponseError) as caught:
        check_etag(wrong)  # type: ignore[arg-type]

    assert str(caught.value) == (
        f"{wrong!r} is no entity tag.\n  Write visible ASCII characters without quotes or spaces, such as 'v7'."
    )


def test_tag_of_a_content_is_equal_for_equal_bytes() -> None:
    """Other bytes have another one."""
    assert make_etag(b"a") == make_etag(b"a") != make_etag(b"b")
    assert check_etag(make_etag(b"a")) == make_etag(b"a")


def test_weakening_twice_is_weakening_once() -> None:
    """A weak tag stays what it is."""
    assert weaken_etag(weaken_etag('"a"')) == 'W/"a"'


@given(st.lists(TAGS, min_size=1, max_size=8), st.sampled_from([", ", ",", " ,\t", ",,", " , , "]))
def test_list_is_read_as_it_was_written(tags: list[str], separator: str) -> None:
    """Whatever stands between the tags."""
    assert EntityTags.parse(separator.join(tags)).tags == tuple(tags)


@given(st.text(max_size=40))
def test_any_text_can_be_read(text: str) -> None:
    """What is malformed names nothing; what was read is a tag."""
    for tag in EntityTags.parse(text).tags:
        assert tag in text


@pytest.mark.parametrize("text", ["a", '"a" "b"', '"a', 'w/"a"', '"a";', "", '"a"' * 2])
def test_malformed_list_names_nothing(text: str) -> None:
    """Rather than half of what was meant."""
    assert EntityTags.parse(text) == EntityTags(())


@pytest.mark.parametrize(
    ("tag", "etag", "weak", "strong"),
    [
        ('"1"', '"1"', True, True),
        ('W/"1"', '"1"', True, False),
        ('W/"1"', 'W/"1"', True, False),
        ('"1"', '"2"', False, False),
    ],
)
def test_comparison_is_weak_or_strong(tag: str, etag: str, weak: bool, strong: bool) -> None:
    """The table of RFC 9110 §8.8.3.2."""
    tags = EntityTags.parse(tag)

    assert (tags.has(etag, is_weak=True), tags.has(etag, is_weak=False)) == (weak, strong)


def test_any_state_is_matched_by_a_star() -> None:
    """One without a tag as well, which no list matches."""
    assert EntityTags.parse(" * ").has(None, is_weak=False)
    assert not EntityTags.parse('"a"').has(None, is_weak=True)


def test_row_033_list_of_tags_is_read_in_linear_time() -> None:
    """Of each shape that has made a reader slow."""
    for unit in ('W/"a",', '"a" ', ",", " ", 'W/"', '"a"'):
        assert_linear(EntityTags.parse, lambda size, unit=unit: unit * (size // len(unit)), size=1_000)  # type: ignore[misc]


def test_row_033_longer_list_is_not_read() -> None:
    """60 KB of tags are none."""
    assert EntityTags.parse('W/"a",' * (MAX_LENGTH // 6 + 1)).tags == ()
