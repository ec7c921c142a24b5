"""
Limits come from the settings, unless an argument says otherwise. What they do is tested over both protocols.
"""

from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, Any

import pytest

from covet import CovetPy, Form, UploadFile, create_app
from covet.config import InvalidSettingsError, LimitSettings, Settings, Sources
from covet.core.configured_limits import read_body_limits, read_form_limits
from covet.http import BodyLimits
from covet.http.form_limits import FormLimits
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, on_both_protocols


def make_settings(**overrides: Any) -> Settings:
    """Make settings of nothing else."""
    return Settings(sources=Sources.none(), **overrides)


def test_settings_have_the_limits_of_forms_and_bodies() -> None:
    """Every one, under the same name, and with the same default."""
    limits = {field.name: field.default for field in fields(LimitSettings)}
    forms = {f"form_{field.name}": field.default for field in fields(FormLimits)}
    bodies = {f"body_{field.name}": field.default for field in fields(BodyLimits) if field.name != "max_size"}

    # What a handler may take is the timeout of routes that have none of their own.
    assert limits == {**bodies, **forms, "handler_timeout": None}
    assert make_settings().server.body_limit == BodyLimits().max_size


def test_settings_that_say_nothing_change_nothing() -> None:
    """The limits are those of an application without settings."""
    assert read_body_limits(make_settings()) == BodyLimits()
    assert read_form_limits(make_settings()) is None
    assert CovetPy(settings=make_settings()).form_limits is None


SETTINGS: dict[str, Any] = {
    "server": {"body_limit": "2KiB"},
    "limits": {"body_grace": "1m", "body_min_rate": 0, "form_max_files": 1, "form_memory": "1k"},
}


@pytest.mark.parametrize("make", [lambda settings: CovetPy(settings=settings), create_app], ids=["class", "factory"])
def test_an_application_has_the_limits_of_its_settings(make: Callable[[Settings], CovetPy]) -> None:
    """However it is made."""
    app = make(make_settings(**SETTINGS))

    assert app.body_limits == BodyLimits(max_size=2048, grace=60.0, min_rate=0)
    assert app.form_limits == FormLimits(max_files=1, memory=1024)


def test_an_argument_wins() -> None:
    """Of a limit that it names; the others stay those of the settings."""
    app = CovetPy(settings=make_settings(**SETTINGS), body_limit=None, form_limits=FormLimits(max_fields=2))

    assert app.body_limits == BodyLimits(max_size=None, grace=60.0, min_rate=0)
    assert app.form_limits == FormLimits(max_fields=2)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"form_max_files": -1}, "limits.form_max_files must be at least 0, got -1"),
        (
            {"form_max_file_size": "much"},
            "limits.form_max_file_size must be a size such as 512KiB",
        ),
        (
            {"body_min_rate": "-1"},
            "limits.body_min_rate must be a size such as 512KiB",
        ),
        ({"form_max_feilds": 1}, "limits.form_max_feilds is no setting. Did you mean 'form_max_fields'?"),
    ],
)
def test_what_is_no_limit_is_refused_at_the_start(limits: dict[str, object], message: str) -> None:
    """With the others, in one report."""
    with pytest.raises(InvalidSettingsError) as refused:
        create_app(make_settings(), limits=limits)

    assert message in str(refused.value)


@on_both_protocols
async def test_limits_of_settings_hold(protocol: WireProtocol) -> None:
    """Of bodies and of forms; a route has the last word."""
    app = CovetPy(settings=make_settings(**SETTINGS))

    @app.post("/few")
    async def few(files: list[UploadFile], note: Annotated[str, Form()] = "") -> int:
        return len(files)

    @app.post("/more", form_limits=FormLimits(max_files=2), body_limit=10_000)
    async def more(files: list[UploadFile]) -> int:
        return len(files)

    two = [("files", ("a", b"1")), ("files", ("b", b"2"))]
    async with TestClient(app, protocol=protocol) as client:
        answers = [
            await client.post("/few", files=two[:1]),
            await client.post("/few", files=two),
            await client.post("/few", files=[("files", ("a", bytes(3000)))]),
            await client.post("/more", files=two),
            await client.post("/more", files=[("files", ("a", bytes(3000)))]),
        ]

    assert [answer.status_code for answer in answers] == [200, 413, 413, 200, 200]
    assert answers[1].json()["detail"] == "The form has more than 1 files."
    assert answers[2].json()["detail"] == "The limit is 2048 bytes."
