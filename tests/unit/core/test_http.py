"""
Tests of the import path `covet.core.http` of requests and responses.
"""

import covet.core.http
import covet.http.request
import covet.http.response


def test_the_names_are_the_classes() -> None:
    """There is one `Request` and one `Response`, under two paths."""
    assert covet.core.http.Request is covet.http.request.Request
    assert covet.core.http.Response is covet.http.response.Response
    assert set(covet.core.http.__all__) == {"Request", "Response"}
