"""
Tests of what every template knows.
"""

from typing import Any

import pytest

from covet import CovetPy, Request
from covet.exceptions import ItemNotFoundError
from covet.templating import TemplateError
from covet.templating.context import HiddenField, csp_nonce, csrf_field, csrf_token, make_context, url_for


def test_path_of_a_route_is_written_by_its_name() -> None:
    """A name that is not there is an error, not an empty link."""
    app = CovetPy()
    app.add_route("/items/{name}", lambda name: name, name="show_item")
    request = Request(app=app)

    assert url_for(request, "show_item", name="a b") == "/items/a%20b"
    with pytest.raises(ItemNotFoundError):
        url_for(request, "show_items")


def test_request_without_an_application_has_no_routes() -> None:
    """The error says what is missing."""
    with pytest.raises(TemplateError, match=r"url_for\(\) needs a request of an application\."):
        url_for(Request(), "index")


@pytest.mark.parametrize("token", ["secret", lambda: "secret"])
def test_token_is_the_one_that_a_middleware_left(token: Any) -> None:
    """Or makes when it is asked for."""
    request = Request()
    request.state.csrf_token = token

    assert csrf_token(request) == "secret"


def test_form_without_protection_says_so() -> None:
    """It must not look as if it had one."""
    with pytest.raises(TemplateError) as caught:
        csrf_token(Request())

    assert str(caught.value) == (
        "csrf_token() has no token: no middleware protects this route.\n"
        "  Add the CSRF middleware, or leave csrf_token() out."
    )


def test_context_belongs_to_its_request() -> None:
    """Nothing is shared."""
    request = Request()

    assert make_context(request)["request"] is request


def test_a_nonce_that_nobody_made_is_an_error() -> None:
    """A page that shows an empty one would not work, and nobody would know why."""
    with pytest.raises(TemplateError) as caught:
        csp_nonce(Request())

    assert str(caught.value) == (
        "csp_nonce() has no nonce: no middleware makes one for this route.\n"
        "  Add SecurityHeadersMiddleware with '{nonce}' in its csp_policy, or leave csp_nonce() out."
    )


def test_hidden_field_has_the_token() -> None:
    """
    Under the name that the middleware reads, and nothing in it can end it.
    """

    class Token:
        field = 'a"b'

        def __call__(self) -> str:
            return "<&>"

    request = Request()
    request.state.csrf_token = Token()

    assert str(csrf_field(request)) == '<input type="hidden" name="a&quot;b" value="&lt;&amp;&gt;">'
    assert HiddenField("a", "b").__html__() == '<input type="hidden" name="a" value="b">'
