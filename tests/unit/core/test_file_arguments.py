"""
Files as arguments: what they may be, and every error of a form at once. Over both protocols.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import pydantic
import pytest

from covet import CovetPy, File, Form, UploadFile
from covet.core.argument import Argument
from covet.exceptions import MissingDependencyError, RouteError
from covet.testing import TestClient
from covet.validation import Constraints
from tests.integration.wire import WireProtocol, on_both_protocols
from tests.unit.core.handler_plans import plan_arguments


def make_app() -> CovetPy:
    """Make the application under test."""
    app = CovetPy()

    @app.post("/photos")
    async def photos(
        photo: UploadFile,
        title: Annotated[str, Form(min_length=2)],
        more: Annotated[list[UploadFile], File(alias="extra", min_length=1, max_length=2)] = [],  # noqa: B006
        thumb: UploadFile | None = None,
    ) -> dict[str, object]:
        return {
            "photo": (await photo.read()).decode(),
            "title": title,
            "more": [file.filename for file in more],
            "thumb": thumb and thumb.size,
        }

    @app.post("/several")
    async def several(files: Annotated[Sequence[UploadFile], File(min_length=2)]) -> int:
        return len(files)

    return app


@on_both_protocols
async def test_files_and_fields_are_read(protocol: WireProtocol) -> None:
    """What may be missing is its default; of a repeated name for one file the last counts."""
    client = TestClient(make_app(), protocol=protocol)
    files = [
        ("photo", ("a", b"first")),
        ("photo", ("a", b"last")),
        ("extra", ("x.png", b"1")),
        ("extra", ("y.png", b"2")),
    ]

    some = await client.post("/photos", data={"title": "Tea"}, files={"photo": ("a", b"first")})
    full = await client.post("/photos", data={"title": "Tea"}, files=[*files, ("thumb", ("t", b"123"))])

    assert some.json() == {"photo": "first", "title": "Tea", "more": [], "thumb": None}
    assert full.json() == {"photo": "last", "title": "Tea", "more": ["x.png", "y.png"], "thumb": 3}


@on_both_protocols
@pytest.mark.parametrize(
    ("path", "data", "files", "errors"),
    [
        (
            "/photos",
            {"photo": "text"},
            [("title", ("x", b"1")), *[("extra", ("x", b"1"))] * 3],
            [
                ("/photo", "must be a file", "file_type"),
                ("/title", "must be text, not a file", "text_type"),
                ("/extra", "must be at most 2 files", "too_long"),
            ],
        ),
        (
            "/photos",
            {"title": "T"},
            [("thumb", ("x", b"1"))],
            [("/photo", "is required", "missing"), ("/title", "must have at least 2 characters", "string_too_short")],
        ),
        ("/several", {}, [("files", ("x", b"1"))], [("/files", "must be at least 2 files", "too_short")]),
        ("/several", {}, [("other", ("x", b"1"))], [("/files", "is required", "missing")]),
    ],
)
async def test_all_that_is_wrong_is_told(
    protocol: WireProtocol, path: str, data: dict[str, str], files: Any, errors: list[tuple[str, str, str]]
) -> None:
    """Of fields and files together; the source is the form."""
    response = await TestClient(make_app(), protocol=protocol).post(path, data=data, files=files)

    assert response.status_code == 422
    assert [(item["pointer"], item["message"], item["type"]) for item in response.json()["errors"]] == errors
    assert {item["source"] for item in response.json()["errors"]} == {"form"}


@on_both_protocols
async def test_a_form_without_files_may_be_of_either_kind(protocol: WireProtocol) -> None:
    """An urlencoded form has no files, and says so like any other."""
    response = await TestClient(make_app(), protocol=protocol).post("/photos", data={"title": "Tea"})

    assert [item["pointer"] for item in response.json()["errors"]] == ["/photo"]


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Annotated[bytes, File()], "bytes is no file of a form."),
        (dict[str, UploadFile], "dict[str, UploadFile] is no file of a form."),
        (UploadFile | str, "UploadFile | str is no file of a form."),
        (Annotated[UploadFile, File(max_length=3)], "A file is not validated."),
        (Annotated[list[UploadFile], File(pattern="x")], "A file is not validated."),
        (Annotated[UploadFile, Constraints(min_length=3)], "A file is not validated."),
        (Annotated[UploadFile, File(style="form")], "style, explode and extra say nothing of files."),
        (Annotated[UploadFile, Form()], "UploadFile is a file, which does not come from the form."),
    ],
)
def test_what_no_file_can_be_is_refused(annotation: Any, message: str) -> None:
    """At the start, with a hint."""

    async def handler(value: annotation) -> None: ...

    with pytest.raises(RouteError) as refused:
        plan_arguments(handler)

    assert refused.value.message == message
    assert refused.value.hint


def test_a_missing_library_is_found_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not with the first upload."""
    monkeypatch.setitem(sys.modules, "multipart", None)
    monkeypatch.delitem(sys.modules, "covet.http.multipart", raising=False)

    async def handler(photo: UploadFile) -> None: ...

    with pytest.raises(MissingDependencyError, match=r"multipart is needed for forms of multipart/form-data"):
        plan_arguments(handler)


def test_it_is_described() -> None:
    """Source, name and type say all that a description needs."""

    async def handler(photos: Annotated[list[UploadFile], File(alias="photo")]) -> None: ...

    argument: Argument = plan_arguments(handler)["photos"]

    assert (argument.source, argument.alias, argument.is_sequence, argument.is_required) == (
        "file",
        "photo",
        True,
        True,
    )


@dataclass
class Album:
    name: str
    photo: UploadFile | None = None


@dataclass
class Shelf:
    albums: list[Album]


class Loose(pydantic.BaseModel, arbitrary_types_allowed=True):
    name: str
    photo: UploadFile


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (
            Annotated[Album, Form()],
            (
                "Album.photo is a file, and a model has none.\n"
                "  Leave the field out, and take the file as a parameter of the handler, photo: UploadFile | None."
            ),
        ),
        (Annotated[Shelf | None, Form()], "Album.photo is a file, and a model has none.\n  Leave the field out"),
        (
            Annotated[Loose, Form()],
            (
                "Loose.photo is a file, and a model has none.\n"
                "  Leave the field out, and take the file as a parameter of the handler, photo: UploadFile."
            ),
        ),
        (
            Album,
            (
                "Album.photo is a file, and a model has none.\n"
                "  Leave the field out, and take the file as a parameter of the handler, photo: UploadFile | None, "
                "and the model as Annotated[Album, Form()]."
            ),
        ),
        (
            Annotated[UploadFile, Form()],
            (
                "UploadFile is a file, which does not come from the form.\n"
                "  Write UploadFile without a marker, or Annotated[UploadFile, File()]."
            ),
        ),
    ],
)
def test_a_model_has_no_files(annotation: Any, message: str) -> None:
    """The error says where the file goes: beside the model."""

    async def handler(album: annotation) -> None: ...

    with pytest.raises(RouteError) as refused:
        plan_arguments(handler)

    assert f"parameter 'album': {message}" in str(refused.value)
