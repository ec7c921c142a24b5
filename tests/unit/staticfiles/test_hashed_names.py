"""
Names that hold a hash of their content, and names that only look so.
"""

import pytest

from covet.staticfiles.hashed_names import make_hash_test
from tests.linearity import assert_linear

ORDINARY = [
    "site.css",
    "app.min.js",
    "report-20260102.pdf",
    "component-decade.js",
    "README-Template.md",
    "deadbeef.js",
    "My_Photo123.jpg",
    "logo-Version2.png",
    "report-Summer24.pdf",
    "CV-JohnDoe1.pdf",
]


@pytest.mark.parametrize(
    "path",
    [
        "app.3f9a1c2b.js",
        "static/js/main-3f9a1c2b4d5e6f70.chunk.css",
        "static/media/logo.6ce24c58023cc2f8fd88.svg",
        "index-BKu1VGRZ.js",
        "index-BKu1VGRZ.css.map",
        "assets/logo-BKu1VGRZ.svg",
        "shop/assets/fonts/inter-D_8xK2aZ.woff2",
    ],
)
def test_names_of_build_tools_hold_a_hash(path: str) -> None:
    """What Webpack, esbuild, Parcel and Vite write."""
    assert make_hash_test(True)(path.split("/"))


@pytest.mark.parametrize("name", ORDINARY)
@pytest.mark.parametrize("folder", [[], ["images"]])
def test_ordinary_names_beside_them_hold_none(folder: list[str], name: str) -> None:
    """Such tools copy what was written by hand, as it is: a date is no hash, and neither is a word."""
    assert not make_hash_test(True)([*folder, name])


@pytest.mark.parametrize("name", [*ORDINARY, "app.3f9a1c2b.js"])
def test_without_a_build_no_name_does(name: str) -> None:
    """Not in any folder."""
    assert not make_hash_test(False)([name])
    assert not make_hash_test(False)(["assets", name])


def test_pattern_of_ones_own_is_searched_in_the_name_alone() -> None:
    """Folders say nothing about a file's content."""
    is_hashed = make_hash_test(r"\.v[0-9]+\.")

    assert is_hashed(["css", "site.v2.css"])
    assert not is_hashed(["site.v2.d", "site.css"])


@pytest.mark.parametrize("text", ["-", "-a1", "-aA1bcde", "-1a2b3c4d."])
def test_a_name_takes_linear_time(text: str) -> None:
    """However much it looks like hashes."""
    assert_linear(make_hash_test(True), lambda size: ["assets", text * size], size=100)
