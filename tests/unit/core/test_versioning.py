"""
Tests of what chooses a version.
"""

from collections.abc import Callable

import pytest

from covet import CovetPy
from covet.core.routing import CovetRouter
from covet.core.versioning import HeaderVersioning, MediaTypeVersioning, PrefixVersioning, Versioning
from covet.exceptions import ConfigurationError
from tests.linearity import assert_linear

BY_MEDIA_TYPE = MediaTypeVersioning(media_type="application/vnd.Shop.v{version}+json", default="0")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PrefixVersioning(prefix="v{version}"), "The prefix of versions must begin with a slash and hold"),
        (lambda: PrefixVersioning(prefix="/v{version}/"), "got '/v{version}/'."),
        (lambda: PrefixVersioning(prefix="/api"), "hold {version} once, got '/api'.\n  Write '/v{version}'."),
        (lambda: HeaderVersioning(name="a b"), "'a b' is no name of a header."),
        (lambda: MediaTypeVersioning(media_type="application/json"), "must hold {version} once and end with '+json'"),
        (lambda: MediaTypeVersioning(media_type="application/v{version}"), "Write 'application/vnd.shop.v{version}"),
    ],
)
def test_policy_that_cannot_work_is_refused(make: Callable[[], Versioning], message: str) -> None:
    """The error says what to write."""
    with pytest.raises(ConfigurationError) as caught:
        make()

    assert message in str(caught.value)


@pytest.mark.parametrize("version", ["", "a/b", "../1", "{x}", "-1", "1" * 33, 1])
def test_version_that_cannot_stand_in_a_path_is_refused(version: str) -> None:
    """Letters, digits, dots, hyphens and underscores."""
    with pytest.raises(ConfigurationError, match="is no version"):
        PrefixVersioning().make_prefix(version)


@pytest.mark.parametrize("version", ["1", "2.1", "2026-01-02", "beta_1"])
def test_version_is_any_short_text(version: str) -> None:
    """Dates are versions, too."""
    assert PrefixVersioning().make_prefix(version) == f"/v{version}"


def test_path_alone_reads_no_header() -> None:
    """Nothing is asked of the request."""
    policy = PrefixVersioning()

    assert (policy.header, policy.rewrite("accept", "x")) == (None, "x")
    assert policy.read({"api-version": "1"}.get, ["1"]) is None
    assert policy.refuse(["1"]).extensions == {"versions": ["1"]}


@pytest.mark.parametrize(
    ("accept", "version"),
    [
        (None, "0"),
        ("*/*", "0"),
        ("application/vnd.shop.v2+json", "2"),
        ("APPLICATION/VND.SHOP.V2+JSON; q=0.1", "2"),
        ("text/html, application/vnd.shop.v3+json, application/vnd.shop.v2+json", "3"),
        ("application/vnd.shop.v3+json;q=0.5, application/vnd.shop.v2+json", "2"),
        ("application/vnd.shop.v9+json, application/vnd.shop.v2+json;q=0.1", "2"),
        ("application/vnd.shop.v9+json", ""),
        ("application/vnd.shop.v2+json;q=0, application/vnd.shop.v3+json", "3"),
        ("application/vnd.shop.v2+json;q=0, */*", "0"),
        ("application/vnd.shop.v0+json; q=0.0, */*", ""),
        ("application/vnd.shop.v+json", "0"),
        ("application/vnd.shop.v../x+json", "0"),
        ("application/vnd.shop.v2+json," * 400, "0"),
    ],
)
def test_media_type_says_the_version(accept: str | None, version: str) -> None:
    """The most welcome of those that have the path; a header that is too long says nothing."""
    assert BY_MEDIA_TYPE.read({"accept": accept}.get, ["0", "2", "3"]) == version


def test_media_type_is_json_for_handlers() -> None:
    """With its parameters; other headers and media types stay."""
    value = "text/html, application/vnd.shop.v2+json;q=0.5,*/*"

    unwanted = "application/vnd.shop.v1+json;q=0.0, application/vnd.shop.v1+json; q=0"

    assert BY_MEDIA_TYPE.rewrite("accept", value) == "text/html,application/json;q=0.5,*/*"
    assert BY_MEDIA_TYPE.rewrite("accept", unwanted) == unwanted
    assert BY_MEDIA_TYPE.rewrite("content-type", value) == value


@pytest.mark.row(26)
def test_row_026_media_types_are_read_in_linear_time() -> None:
    """A header of any length takes no longer than it is long."""
    assert_linear(
        lambda value: BY_MEDIA_TYPE.rewrite("accept", value), lambda size: "application/vnd.shop.v;=," * size, size=500
    )


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (
            "header",
            "versioning must be a policy of covet.core.versioning, got 'header'.\n  Write HeaderVersioning(...).",
        ),
        (MediaTypeVersioning, "  Write MediaTypeVersioning(...)."),
    ],
)
def test_what_is_no_policy_is_refused(policy: object, message: str) -> None:
    """Where it is written, rather than with the first router that has a version."""
    with pytest.raises(ConfigurationError) as caught:
        CovetPy(versioning=policy)  # type: ignore[arg-type]

    assert message in str(caught.value)


def make_versions(versioning: Versioning) -> CovetPy:
    """Make an application of two versions."""
    app = CovetPy(versioning=versioning)
    for version in ("1", "2"):
        app.include_router(CovetRouter(version=version))
    return app


@pytest.mark.parametrize(
    "versioning",
    [
        HeaderVersioning(default="9"),
        MediaTypeVersioning(media_type="application/vnd.shop.v{version}+json", default="v1"),
    ],
)
def test_default_that_is_no_version_is_an_error_at_the_start(versioning: Versioning) -> None:
    """Or else every request that does not say a version would find nothing."""
    with pytest.raises(ConfigurationError) as caught:
        make_versions(versioning).compile()

    assert str(caught.value) == (
        f"{type(versioning).__name__} has the default {versioning.default!r}, and there is no such version.\n"  # type: ignore[attr-defined]
        "  The versions are: '1', '2'."
    )


@pytest.mark.parametrize("versioning", [PrefixVersioning(), HeaderVersioning(), HeaderVersioning(default="2")])
def test_default_may_be_any_of_the_versions_or_none(versioning: Versioning) -> None:
    """A policy without a default has nothing to be checked."""
    make_versions(versioning).compile()
