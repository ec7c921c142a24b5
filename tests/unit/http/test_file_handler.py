"""The base of what serves files."""

import pytest

from covet import CovetPy, Request, Response
from covet.http.file_handler import FileHandler
from covet.testing import TestClient


class Echo(FileHandler):
    """Answers with the path."""

    async def answer(self, request: Request) -> Response:
        """Answer with what follows the prefix."""
        return Response(request.path_params["path"])


def test_base_answers_nothing() -> None:
    """It has to be told how."""
    with pytest.raises(TypeError, match="abstract"):
        FileHandler()  # type: ignore[abstract]


@pytest.mark.parametrize(("path", "expected"), [("/files/a/b", "a/b"), ("/files/", ""), ("/files", "")])
async def test_handler_gets_what_follows_the_prefix(path: str, expected: str) -> None:
    """As the only parameter of its path."""
    app = CovetPy()
    app.mount("/files", Echo())

    response = await TestClient(app).get(path)

    assert response.text == expected
