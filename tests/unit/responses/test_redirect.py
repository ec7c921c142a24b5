"""
Tests of redirects.
"""

from typing import Any

import pytest

from covet.exceptions import ResponseError
from covet.responses import RedirectResponse


@pytest.mark.parametrize(
    "target",
    [
        "//evil.com/..",
        "/\\evil.com",
        "/\t/evil",
        "https:evil",
        "https://evil.example/",
        "\t//evil",
        "http:///evil",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: a=b",
        "\\\\evil",
    ],
)
def test_row_064_another_site_is_refused(target: str) -> None:
    """A target that a client gave never leads away."""
    with pytest.raises(ResponseError, match=r"The target of a redirect is no path of this site"):
        RedirectResponse(target)


def test_a_path_of_this_site_is_fine() -> None:
    """With its query, and encoded."""
    response = RedirectResponse("/caf\u00e9?next=/a", 303, {"x-a": "1"})

    assert (response.status_code, response.headers["location"]) == (303, "/caf%C3%A9?next=/a")
    assert response.headers["x-a"] == "1"
    assert RedirectResponse("/").status_code == 307


def test_another_site_can_be_meant() -> None:
    """`allow_external` is for targets of the program's own; nothing splits the header even then."""
    assert RedirectResponse("https://a.example/x", allow_external=True).headers["location"] == "https://a.example/x"
    with pytest.raises(ResponseError, match=r"a character that no URL can carry"):
        RedirectResponse("https://a.example/\r\nx", allow_external=True)


@pytest.mark.parametrize("status", [200, 300, 304, "307", 404])
def test_only_redirects_redirect(status: Any) -> None:
    """A status without a target is refused."""
    with pytest.raises(ResponseError, match=r"A redirect's status is one of 301, 302, 303, 307, 308, got"):
        RedirectResponse("/", status)
