"""
Canaries, each a secret in another place: none of them is in a log, an answer, a page, a document or a report.
"""

import base64
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from covet import CovetPy
from covet.auth import JWTAuthProvider, Principal
from covet.cli.commands import covet
from covet.logs import LogHandler, make_formatter
from covet.testing import TestClient
from tests.e2e.secretive_application import make_app, make_settings
from tests.e2e.secretive_values import CANARIES as C
from tests.e2e.server_process import serve
from tests.e2e.wire_client import WireClient

ROOT = Path(__file__).parents[2]
NAME = "tests.e2e.secretive_application:app"
JSON = {"content-type": "application/json"}
Ask = tuple[str, str, dict[str, str], bytes]


def find_leaks(text: str) -> list[str]:
    """Name the canaries that are in a text, in clear or as base64 and URLs have them."""
    return [place for place, canary in C.items() if canary in text]


async def make_headers() -> dict[str, str]:
    """Make the headers of a request that has a secret in each."""
    token = await JWTAuthProvider(C["jwt secret key"]).create_token(Principal("ada", claims={"card": C["jwt"]}))
    return {
        "x-jwt": token,
        "cookie": f"theme={C['cookie']}; __Host-session={C['session cookie']}",
        "x-csrf-token": C["csrf token"],
        "x-own-token": C["own header"],
        "proxy-authorization": f"Basic {C['proxy credentials']}",
        "referer": f"https://ada:{C['referer']}@shop.example/?token={C['referer']}",
        "origin": "https://shop.example",
    }


async def list_requests() -> list[Ask]:
    """List requests that bring secrets, good and bad."""
    headers = await make_headers()
    basic = base64.b64encode(f"ada:{C['basic password']}".encode()).decode()
    asks: list[Ask] = []
    for authorization in (f"Basic {basic}", f"Bearer {C['bearer token']}", f"Digest {C['unknown scheme']}"):
        for method, path in (("GET", "/remember"), ("POST", "/repeat"), ("GET", "/missing"), ("PUT", "/fail")):
            asks.append((method, path, headers | {"authorization": authorization}, b""))
    asks.append(("POST", "/repeat", headers | {"x-api-key": f"shop_{C['api key']}"}, b""))
    asks.append(("POST", "/repeat", headers | {"x-api-key": C["api key"]}, b""))
    query = (
        f"?token={C['query token']}&api_key={C['query key']}&reset_token={C['reset token']}&signature={C['signature']}"
    )
    asks += [("GET", f"{path}{query}", headers, b"") for path in ("/reset", "/missing", "/remember", "/stream")]
    asks.append(("POST", f"/repeat{query}", headers, b""))
    account = {"name": "ada", "password": C["json password"], "age": 1}
    wrong = {"name": 1, "password": [C["json of a wrong type"]], "age": "x", "token": C["json of a wrong type"]}
    for path in ("/accounts", "/repeat", "/missing"):
        asks.append(("POST", path, headers | JSON, json.dumps(account).encode()))
    asks.append(("POST", "/accounts", headers | JSON, json.dumps(wrong).encode()))
    asks.append(("POST", "/accounts", headers | JSON, b'{"password": "' + C["malformed json"].encode()))
    login = {"username": "ada", "password": C["login password"]}
    asks.append(("POST", "/login", headers | JSON, json.dumps(login).encode()))
    form = headers | {"content-type": "application/x-www-form-urlencoded"}
    asks += [
        ("POST", path, form, f"password={C['form password']}".encode()) for path in ("/accounts", "/repeat", "/upload")
    ]
    parts = (
        f'--b\r\ncontent-disposition: form-data; name="password"\r\n\r\n{C["multipart field"]}\r\n'
        f'--b\r\ncontent-disposition: form-data; name="f"; filename="a.txt"\r\n\r\n{C["file content"]}\r\n'
    )
    multipart = headers | {"content-type": "multipart/form-data; boundary=b"}
    asks += [("POST", "/upload", multipart, f"{parts}{end}".encode()) for end in ("--b--\r\n", "")]
    for path in ("/fail", "/depend", "/defer", "/publish", "/stream", "/openapi.json", "/docs", "/redoc"):
        asks.append(("GET", path, headers, b""))
        asks.append(("GET", path, headers | {"accept": "text/html"}, b""))
    return asks


@pytest.fixture(params=["text", "json"])
def log(request: pytest.FixtureRequest) -> Iterator[StringIO]:
    """What our own handler writes of every logger, at the level of debugging."""
    written = StringIO()
    handler = LogHandler(written, request.param)
    handler.setFormatter(make_formatter(request.param))
    loggers = [logging.getLogger(), logging.getLogger("covet")]
    levels = [logger.level for logger in loggers]
    loggers[1].addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield written
    loggers[1].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


async def ask_all(app: CovetPy, protocol: Any) -> AsyncIterator[tuple[str, str]]:
    """Send every request; give what was asked and what was answered."""
    # Traces are shown under this machine's own name alone.
    host = "localhost" if app.debug else "shop.example"
    async with TestClient(app, protocol=protocol, base_url=f"https://{host}", raise_app_exceptions=False) as client:
        for method, path, headers, body in await list_requests():
            # A stream that breaks off.
            options: dict[str, Any] = {"content": body} if body else {}
            with suppress(Exception):
                response = await client.request(method, path, headers=headers, **options)
                own = [value for name, value in response.headers.multi_items() if name != "set-cookie"]
                yield f"{method} {path.partition('?')[0]}", f"{response.text} {own}"
        with suppress(Exception):
            async with client.websocket_connect(f"/socket?token={C['websocket token']}") as socket:
                await socket.receive_text()


def test_there_are_enough() -> None:
    """At least forty, and none is a part of another."""
    assert len(C) >= 40
    assert [place for place in C if find_leaks(C[place]) != [place]] == []


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
@pytest.mark.parametrize("is_debug", [False, True], ids=["production", "debug"])
async def test_no_secret_is_answered_or_logged(protocol: Any, is_debug: bool, log: StringIO) -> None:
    """Whatever fails, and whatever its error repeats."""
    answers = [answer async for answer in ask_all(make_app(is_debug=is_debug), protocol)]

    assert len(answers) > 35
    assert [(asked, found) for asked, text in answers if (found := find_leaks(text))] == []
    lines = log.getvalue().splitlines()
    assert len(lines) > 40
    assert [(line[:300], found) for line in lines if (found := find_leaks(line))] == []
    assert "ConnectionError" in log.getvalue()


async def test_no_secret_is_on_a_debug_page(log: StringIO) -> None:
    """In no form of any page."""
    app = make_app(is_debug=True)
    texts = []
    async with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 5)) as client:
        first = await client.get("/_debug", params={"format": "json"})
        assert first.status_code == 200
        for page in ("", "/routes", "/config", "/plugins", "/di", "/events", "/middleware"):
            for form in ("json", "html", "text"):
                texts.append((await client.get(f"/_debug{page}", params={"format": form})).text)

    assert find_leaks("".join(texts)) == []
    assert "database.url" in "".join(texts)


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", "POST", "/repeat?token=1", NAME],
        ["explain", "POST", "/repeat", NAME, "--json"],
        ["di", "graph", NAME, "--all"],
        ["di", "check", NAME],
        ["check", "--deploy", NAME],
        ["routes", NAME],
        ["openapi", NAME],
        ["plugins", NAME],
    ],
)
def test_no_secret_is_in_a_report_of_the_command_line(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it explains."""
    monkeypatch.chdir(ROOT)

    result = CliRunner().invoke(covet, arguments)

    assert len(result.output) > 20
    assert find_leaks(result.output) == []


def test_no_secret_is_in_what_settings_say_of_themselves() -> None:
    """Their representation, their explanation and their builtins."""
    settings = make_settings(is_debug=True)

    text = (
        f"{settings!r} {settings} {settings.explain()} {settings.dict()} {settings.security!r} {vars(type(settings))}"
    )

    assert find_leaks(text) == []
    assert "postgresql://ada:**********@db.invalid/shop" in text


@pytest.mark.parametrize("interface", ["rsgi", "asgi"])
async def test_no_secret_is_in_the_log_of_a_server(interface: str) -> None:
    """Its entries of debugging and of access, too."""
    arguments = ["--log-level", "debug", "--access-log"]
    asks = await list_requests()
    with serve(NAME, interface=interface, directory=ROOT, arguments=arguments) as server:
        for method, path, headers, body in asks:
            with suppress(Exception), WireClient(server.port) as client:
                client.ask(method, path, headers | {"origin": "http://test"}, body)
        server.stop()
        log = server.log()

    assert log.count("Unhandled error") >= 5
    assert log.count('"GET /') + log.count("GET /") > 20
    assert [(line[:300], found) for line in log.splitlines() if (found := find_leaks(line))] == []
