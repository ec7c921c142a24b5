"""Requests with compressed bodies, over both protocols."""

import gzip
from dataclasses import dataclass

import pytest

from covet import CovetPy, Request
from covet.exceptions import BadRequestError, ConfigurationError, ContentTooLargeError
from covet.middleware import DecompressionMiddleware
from covet.middleware.compressors import make_compressor_factory
from covet.middleware.decompression import inflate_body
from covet.testing import ClientResponse, TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols


@dataclass
class Tea:
    """A body."""

    name: str


def make_app(**options: object) -> CovetPy:
    """Make an application that inflates bodies."""
    app = CovetPy(middleware=[DecompressionMiddleware(**options)])  # type: ignore[arg-type]

    @app.post("/")
    async def count(request: Request) -> dict[str, object]:
        body = await request.body()
        return {"size": len(body), "length": request.headers.get("content-length"), "again": len(await request.body())}

    @app.post("/tea")
    async def brew(tea: Tea) -> str:
        return tea.name

    @app.post("/coding")
    async def tell(request: Request) -> bool:
        return "content-encoding" in request.headers

    return app


def compress(data: bytes, coding: str = "gzip") -> bytes:
    """Compress a body."""
    return make_compressor_factory(coding, 3)().finish(data)


async def post(
    app: CovetPy, protocol: WireProtocol, content: bytes, coding: str = "gzip", path: str = "/", **more: str
) -> ClientResponse:
    """Send a compressed body."""
    headers = {"content-encoding": coding, **{name.replace("_", "-"): value for name, value in more.items()}}
    return await TestClient(app, protocol=protocol).post(path, content=content, headers=headers)


@on_both_protocols
@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", "br", "zstd"])
async def test_body_is_inflated(protocol: WireProtocol, coding: str) -> None:
    """The handler sees nothing of its coding."""
    body = compress(b"tea" * 1000, {"x-gzip": "gzip", "GZIP": "gzip"}.get(coding, coding))

    response = await post(make_app(), protocol, body, coding)
    told = await post(make_app(), protocol, body, coding, "/coding")

    assert response.json() == {"size": 3000, "length": "3000", "again": 3000}
    assert told.json() is False


@on_both_protocols
async def test_typed_body_is_read_from_what_was_inflated(protocol: WireProtocol) -> None:
    """As any JSON."""
    response = await post(
        make_app(), protocol, gzip.compress(b'{"name": "Assam"}'), path="/tea", content_type="application/json"
    )

    assert response.text == "Assam"


@on_both_protocols
async def test_body_without_a_coding_is_left_alone(protocol: WireProtocol) -> None:
    """And so is one that says that it has none."""
    client = TestClient(make_app(), protocol=protocol)

    assert (await client.post("/", content=b"tea")).json()["size"] == 3
    assert (await client.post("/", content=b"tea", headers={"content-encoding": "identity"})).json()["size"] == 3


@on_both_protocols
@pytest.mark.parametrize("coding", ["deflate", "compress", "gzip, gzip", "gzip;q=1", "exotic", ""])
async def test_other_coding_is_refused(protocol: WireProtocol, coding: str) -> None:
    """415, with those that are taken: one coding, once."""
    response = await post(make_app(codings=["gzip"]), protocol, b"tea", coding)

    assert_problem(response, 415, echo="exotic")
    assert response.headers["accept-encoding"] == "gzip"


@on_both_protocols
@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
async def test_row_072_bomb_is_refused(protocol: WireProtocol, coding: str) -> None:
    """By the size of what comes out, and by how many times the size that came in it is."""
    bomb = compress(bytes(50_000_000), coding)

    by_size = await post(make_app(), protocol, bomb, coding)
    by_ratio = await post(make_app(max_size=10**9, max_ratio=2), protocol, compress(bytes(10**6), coding), coding)

    assert_problem(by_size, 413)
    assert_problem(by_ratio, 413)


@on_both_protocols
async def test_row_072_many_members_count_as_one_body(protocol: WireProtocol) -> None:
    """Each small by itself."""
    body = gzip.compress(bytes(1_000_000)) * 30

    assert_problem(await post(make_app(max_ratio=10_000), protocol, body), 413)


@on_both_protocols
@pytest.mark.parametrize("coding", ["gzip", "zstd"])
async def test_row_072_members_that_hold_next_to_nothing_are_refused(protocol: WireProtocol, coding: str) -> None:
    """Work that grows with their number, not with what comes out."""
    response = await post(make_app(), protocol, compress(b"", coding) * 20_000, coding)

    assert assert_problem(response, 400)["detail"] == "The compressed body has too many members."


@on_both_protocols
async def test_row_072_nested_bomb_is_inflated_once(protocol: WireProtocol) -> None:
    """What is inside is data."""
    inner = gzip.compress(bytes(10**8))

    response = await post(make_app(max_ratio=10_000), protocol, gzip.compress(inner))

    assert response.json()["size"] == len(inner)


@on_both_protocols
@pytest.mark.parametrize(
    "body",
    [b"nonsense", gzip.compress(b"tea" * 100, mtime=0)[:-4], gzip.compress(b"tea", mtime=0) + b"x" * 20, b"\x1f"],
)
async def test_malformed_body_is_refused(protocol: WireProtocol, body: bytes) -> None:
    """400, wherever it breaks off."""
    assert_problem(await post(make_app(), protocol, body), 400)


@on_both_protocols
async def test_empty_body_stays_empty(protocol: WireProtocol) -> None:
    """Some clients send the header with nothing."""
    assert (await post(make_app(), protocol, b"")).json()["size"] == 0


@on_both_protocols
async def test_off_by_default_it_inflates_nothing(protocol: WireProtocol) -> None:
    """The bytes are those that came."""
    app = CovetPy()

    @app.post("/")
    async def count(request: Request) -> int:
        return len(await request.body())

    body = gzip.compress(bytes(100_000))

    assert (await post(app, protocol, body)).json() == len(body)


@pytest.mark.parametrize(("limit", "error"), [(299, ContentTooLargeError), (300, None)])
def test_limit_is_exact(limit: int, error: type[Exception] | None) -> None:
    """To the byte."""
    body = gzip.compress(b"tea" * 100, mtime=0)

    if error is None:
        assert inflate_body(body, "gzip", limit) == b"tea" * 100
        return
    with pytest.raises(error):
        inflate_body(body, "gzip", limit)


def test_messages_say_what_is_wrong_with_the_body() -> None:
    """Not what is in it."""
    with pytest.raises(BadRequestError) as malformed:
        inflate_body(b"nonsense", "gzip", 100)
    with pytest.raises(BadRequestError) as truncated:
        inflate_body(gzip.compress(b"tea", mtime=0)[:-2], "gzip", 100)

    assert str(malformed.value) == "The body is not what its Content-Encoding says."
    assert str(truncated.value) == "The compressed body ends too early."


@pytest.mark.parametrize("options", [{"max_size": 0}, {"max_ratio": True}])
def test_wrong_options_are_named(options: dict[str, int]) -> None:
    """With their values."""
    ((name, value),) = options.items()
    with pytest.raises(ConfigurationError) as caught:
        DecompressionMiddleware(**options)  # type: ignore[arg-type]

    assert str(caught.value) == f"{name} must be a number above 0, got {value!r}."
