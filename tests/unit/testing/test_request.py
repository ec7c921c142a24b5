"""
How a request is written out, over both protocols.
"""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest

from covet.testing import (
    TestClient,
)
from covet.testing.multipart import Files
from tests.unit.testing.apps import Echo, Protocol


async def test_a_method_keeps_its_case(protocol: Protocol) -> None:
    """
    A method is sent as it is written: methods are case-sensitive.
    """
    response = await TestClient(Echo(), protocol=protocol).request("query", "/x")

    assert response.json()["method"] == "query"


@pytest.mark.parametrize(
    ("path", "expected_path", "expected_query"),
    [
        ("/a b", "/a b", ""),
        ("/caf%C3%A9/é", "/café/é", ""),
        ("/a%2Fb", "/a/b", ""),
        ("/%ff", "/�", ""),
        ("//evil/x", "//evil/x", ""),
        ("/a/../b;c", "/a/../b;c", ""),
        ("/x?a=%20b&c=d+e", "/x", "a=%20b&c=d+e"),
        ("/x?q=é#part", "/x", "q=%C3%A9"),
        ("http://other:81", "/", ""),
    ],
)
async def test_the_path_arrives_decoded_and_the_query_raw(
    protocol: Protocol, path: str, expected_path: str, expected_query: str
) -> None:
    """
    A path and a query arrive as a server delivers them.
    """
    told = (await TestClient(Echo(), protocol=protocol).get(path)).json()

    assert (told["path"], told["query"]) == (expected_path, expected_query)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"a": 1, "b": ["x", "y"], "c": True, "d": None}, "a=1&b=x&b=y&c=true&d="),
        ([("a", "1 2"), ("a", "&")], "a=1%202&a=%26"),
        ("raw=1;2", "raw=1;2"),
        ({}, ""),
    ],
)
async def test_params_go_into_the_query(protocol: Protocol, params: Any, expected: str) -> None:
    """
    `params` takes a mapping, pairs or text.
    """
    told = (await TestClient(Echo(), protocol=protocol).get("/x", params=params)).json()

    assert told["query"] == expected


async def test_params_are_added_to_the_paths_own_query(protocol: Protocol) -> None:
    """
    A query in the path stays.
    """
    told = (await TestClient(Echo(), protocol=protocol).get("/x?a=1", params={"b": 2})).json()

    assert told["query"] == "a=1&b=2"


@pytest.mark.parametrize(
    ("options", "body", "content_type"),
    [
        ({"json": {"a": [1, "é"]}}, '{"a":[1,"é"]}'.encode(), "application/json"),
        ({"json": None}, b"null", "application/json"),
        ({"content": "é"}, "é".encode(), "text/plain; charset=utf-8"),
        ({"content": b"\x00\xff"}, b"\x00\xff", None),
        ({"data": {"a": "1 2", "b": ["x", "y"]}}, b"a=1+2&b=x&b=y", "application/x-www-form-urlencoded"),
        ({"json": 1, "headers": {"Content-Type": "text/x"}}, b"1", "text/x"),
    ],
)
async def test_a_body_has_its_type_and_length(
    protocol: Protocol, options: Any, body: bytes, content_type: str | None
) -> None:
    """
    Each way to give a body sets the content type that belongs to it.
    """
    told = (await TestClient(Echo(), protocol=protocol).post("/x", **options)).json()

    headers = dict(told["headers"])
    assert told["body"].encode("latin-1") == body
    assert headers.get("content-type") == content_type
    assert headers["content-length"] == str(len(body))


async def test_an_iterable_is_sent_in_chunks(protocol: Protocol) -> None:
    """
    A body from an iterable has no length.
    """

    async def parts() -> AsyncIterator[bytes]:
        yield b"one "
        await asyncio.sleep(0)
        yield b"two"

    client = TestClient(Echo(), protocol=protocol)
    from_async = (await client.post("/x", content=parts())).json()
    from_sync = (await client.post("/x", content=iter([b"one ", b"two"]))).json()

    assert from_async["body"] == from_sync["body"] == "one two"
    assert dict(from_async["headers"])["transfer-encoding"] == "chunked"
    assert "content-length" not in dict(from_async["headers"])


async def test_an_iterable_of_a_length_is_sent_as_it_is(protocol: Protocol) -> None:
    """
    Both together would be refused, as a request with two readings.
    """
    client = TestClient(Echo(), protocol=protocol)

    answer = (await client.post("/x", content=iter([b"one"]), headers={"content-length": "3"})).json()

    assert dict(answer["headers"])["content-length"] == "3"
    assert "transfer-encoding" not in dict(answer["headers"])


async def test_files_are_sent_as_multipart(protocol: Protocol) -> None:
    """
    Files and fields go into one multipart body.
    """
    files: Files = {"f": ("a.txt", io.BytesIO(b"hello"), "text/x"), "g": "plain"}

    told = (await TestClient(Echo(), protocol=protocol).post("/x", data={"n": 1}, files=files)).json()

    media_type, _, boundary = dict(told["headers"])["content-type"].partition("; boundary=")
    assert media_type == "multipart/form-data"
    assert told["body"] == (
        f'--{boundary}\r\nContent-Disposition: form-data; name="n"\r\n\r\n1\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n'
        f"Content-Type: text/x\r\n\r\nhello\r\n"
        f'--{boundary}\r\nContent-Disposition: form-data; name="g"; filename="upload"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\nplain\r\n"
        f"--{boundary}--\r\n"
    )


async def test_two_bodies_are_refused() -> None:
    """
    A request has one body.
    """
    with pytest.raises(ValueError, match="give only one of json, data/files"):
        await TestClient(Echo()).post("/x", json=1, data={"a": "b"})


async def test_headers_are_defaults_then_the_clients_then_the_requests(protocol: Protocol) -> None:
    """
    The nearer header replaces the farther one of the same name; None leaves it out.
    """
    client = TestClient(Echo(), protocol=protocol, headers={"X-A": "client", "X-B": "client", "Accept": "text/x"})

    told = (await client.get("/x", headers={"x-a": "request", "User-Agent": None})).json()

    assert sorted(told["headers"]) == [
        ["accept", "text/x"],
        ["host", "testserver"],
        ["x-a", "request"],
        ["x-b", "client"],
    ]


async def test_repeated_headers_all_arrive(protocol: Protocol) -> None:
    """
    Pairs may name a header twice, the host too.
    """
    told = (
        await TestClient(Echo(), protocol=protocol).get("/x", headers=[("host", "a"), ("host", "b"), ("x", "1")])
    ).json()

    assert [value for name, value in told["headers"] if name == "host"] == ["a", "b"]


BREAKS = ["a\r\nb", "a\nb", "a\rb", "a\0b"]


@pytest.mark.row(50)
@pytest.mark.parametrize("text", BREAKS)
async def test_row_050_line_breaks_are_refused(protocol: Protocol, text: str) -> None:
    """
    CR, LF and NUL in a method, path, query, header or cookie are a ValueError before anything is sent.
    """
    client = TestClient(Echo(), protocol=protocol)
    with pytest.raises(ValueError, match="A method must be an RFC 9110 token"):
        await client.request(text, "/")
    with pytest.raises(ValueError, match="A URL must not have CR, LF, NUL"):
        await client.get(f"/{text}")
    with pytest.raises(ValueError, match="A URL must not have CR, LF, NUL"):
        await client.get(f"http://{text}/")
    with pytest.raises(ValueError, match="params must not have CR, LF, NUL"):
        await client.get("/", params=text)
    with pytest.raises(ValueError, match="A header's name must be an RFC 9110 token"):
        await client.get("/", headers={text: "x"})
    with pytest.raises(ValueError, match="'x-a' must not have CR, LF, NUL"):
        await client.get("/", headers={"X-A": text})
    with pytest.raises(ValueError, match="'x-a' must not have CR, LF, NUL"):
        await client.get("/", headers=[(b"x-a", text.encode())])
    with pytest.raises(ValueError, match="A cookie's name must be"):
        await client.get("/", cookies={text: "x"})
    with pytest.raises(ValueError, match="'a' must not have a semicolon, CR, LF or NUL"):
        await client.get("/", cookies={"a": text})
    with pytest.raises(ValueError, match="CR, LF"):
        TestClient(Echo(), protocol=protocol, headers={"x-a": text})
    with pytest.raises(ValueError, match="CR, LF, NUL"):
        await TestClient(Echo(), protocol=protocol, base_url=f"http://{text}").get("/")


@pytest.mark.row(50)
@pytest.mark.parametrize("text", BREAKS)
@pytest.mark.parametrize("part", ["path", "params", "headers", "cookies", "subprotocols"])
async def test_row_050_line_breaks_in_a_handshake_are_refused(protocol: Protocol, text: str, part: str) -> None:
    """
    The same of a WebSocket's, the names of what is spoken over it too.
    """
    all_options: dict[str, dict[str, Any]] = {
        "path": {},
        "params": {"params": text},
        "headers": {"headers": {"x-a": text}},
        "cookies": {"cookies": {"a": text}},
        "subprotocols": {"subprotocols": [text]},
    }
    options = all_options[part]
    client = TestClient(Echo(), protocol=protocol)
    with pytest.raises(ValueError, match="CR, LF"):
        async with client.websocket_connect(f"/{text}" if part == "path" else "/", **options):
            pass


async def test_text_beyond_latin_1_in_a_header_is_refused() -> None:
    """
    HTTP has no encoding for it; the test must choose one.
    """
    with pytest.raises(ValueError, match="'x-a' has text beyond latin-1; give bytes"):
        await TestClient(Echo()).get("/", headers={"x-a": "日"})


@pytest.mark.parametrize("base_url", ["testserver", "http://testserver/api", "ftp://x", "http://"])
def test_a_base_url_is_an_origin(base_url: str) -> None:
    """
    Anything but a scheme and a host is refused.
    """
    with pytest.raises(ValueError, match=r"base_url must be like|A URL needs a host"):
        TestClient(Echo(), base_url=base_url)


async def test_a_part_of_a_body_that_is_no_bytes_is_refused(protocol: Protocol) -> None:
    """
    Text in an iterable body is the test's mistake, and says so.
    """
    content: Any = iter(["text"])

    with pytest.raises(TypeError, match="content= must yield bytes, got str"):
        await TestClient(Echo(), protocol=protocol).post("/", content=content)


@pytest.mark.parametrize("path", ["health", "", "?page=1", "#top", "@host/x", "\\x", "ftp://host/x"])
async def test_a_path_without_its_slash_is_a_slip(path: str) -> None:
    """
    It is refused before anything is sent, with the path that was meant.
    """
    with pytest.raises(ValueError, match=r"A path begins with a slash, got ") as caught:
        await TestClient(Echo()).get(path)

    assert f"Write {'/' + path!r}, or a URL with http://." in str(caught.value)
