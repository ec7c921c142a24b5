"""`StaticFiles` among the routes of an application, over both protocols."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covet import CovetPy, Request, Response
from covet.core.routing import CovetRouter
from covet.exceptions import ConfigurationError
from covet.middleware import CORSMiddleware
from covet.options import UnknownOptionError
from covet.staticfiles import StaticFiles
from covet.testing import TestClient
from tests.integration.wire import PROTOCOLS, WireProtocol, assert_problem, on_both_protocols

LARGE = bytes(200_000)
SECRET = b"secret"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A built page, with a secret beside its directory."""
    root = tmp_path / "static"
    (root / "assets").mkdir(parents=True)
    (root / "index.html").write_text("home")
    (root / "large.bin").write_bytes(LARGE)
    (root / "assets" / "app.3f9a1c2b.js").write_text("script")
    (root / "assets" / "app.3f9a1c2b.js.gz").write_bytes(b"gz")
    (root / "site.css").write_text("css")
    (root / ".env").write_bytes(SECRET)
    (tmp_path / "static1.txt").write_bytes(SECRET)
    return root


@on_both_protocols
async def test_file_is_served_below_its_prefix(directory: Path, protocol: WireProtocol) -> None:
    """With everything that a cache wants to know."""
    app = CovetPy()
    app.static("/static", directory)

    response = await TestClient(app, protocol=protocol).get("/static/site.css")

    headers = dict(response.headers)
    assert (response.status_code, response.text) == (200, "css")
    assert headers.pop("etag").startswith('"')
    assert headers.pop("last-modified").endswith("GMT")
    assert headers == {
        "content-type": "text/css; charset=utf-8",
        "x-content-type-options": "nosniff",
        "cache-control": "no-cache",
        "vary": "Accept-Encoding",
        "accept-ranges": "bytes",
        "content-length": "3",
    }


@on_both_protocols
@pytest.mark.parametrize("name", ["site.css", "large.bin"])
async def test_head_conditions_and_ranges(directory: Path, protocol: WireProtocol, name: str) -> None:
    """As `FileResponse` has them, whatever the size."""
    app = CovetPy()
    app.static("/", directory)
    client = TestClient(app, protocol=protocol)
    content = (directory / name).read_bytes()

    whole, head = await client.get(f"/{name}"), await client.head(f"/{name}")
    same = await client.get(f"/{name}", headers={"if-none-match": whole.headers["etag"]})
    part = await client.get(f"/{name}", headers={"range": "bytes=1-2"})
    none = await client.get(f"/{name}", headers={"range": "bytes=999999-"})
    failed = await client.get(f"/{name}", headers={"if-match": '"x"'})

    assert (whole.content, dict(head.headers), head.content) == (content, dict(whole.headers), b"")
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", whole.headers["etag"])
    assert same.headers["cache-control"] == "no-cache"
    assert (part.status_code, part.content) == (206, content[1:3])
    assert (none.status_code, failed.status_code) == (416, 412)


@on_both_protocols
async def test_changed_file_is_seen_at_once(directory: Path, protocol: WireProtocol) -> None:
    """Nothing is kept between requests."""
    app = CovetPy()
    app.static("/", directory)
    client = TestClient(app, protocol=protocol)
    before = await client.get("/site.css")

    os.truncate(directory / "site.css", 1)
    after = await client.get("/site.css")

    assert (before.text, after.text) == ("css", "c")
    assert before.headers["etag"] != after.headers["etag"]


@on_both_protocols
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(directory: Path, protocol: WireProtocol, method: str) -> None:
    """With those that there are; `OPTIONS` lists them."""
    app = CovetPy()
    app.static("/static", directory)
    client = TestClient(app, protocol=protocol)

    response = await client.request(method, "/static/site.css")
    options = await client.options("/static/site.css")

    assert_problem(response, 405)
    assert response.headers["allow"] == options.headers["allow"] == "GET, HEAD, OPTIONS"


@on_both_protocols
async def test_routes_go_before_files(directory: Path, protocol: WireProtocol) -> None:
    """Other spellings of them and mounted applications, too."""
    app = CovetPy(trailing_slash="redirect")
    app.static("/", directory, html=True)
    app.add_route("/site.css", lambda: "route", name="css")
    app.add_route("/about", lambda: "about", name="about")
    other = CovetPy()
    other.add_route("/", lambda: "mounted")
    app.mount("/other", other)
    client = TestClient(app, protocol=protocol, follow_redirects=False)

    assert (await client.get("/site.css")).text == "route"
    assert (await client.get("/about/")).headers["location"] == "/about"
    assert (await client.get("/other/")).text == "mounted"
    assert (await client.get("/")).text == "home"
    assert (await client.get("/large.bin")).content == LARGE


@on_both_protocols
async def test_middleware_is_around_files(directory: Path, protocol: WireProtocol) -> None:
    """The application's, the router's and the mount's; around a 404 as well."""

    def stamp(name: str) -> object:
        async def layer(request: Request, call_next: object) -> Response:
            response: Response = await call_next(request)  # type: ignore[operator]
            response.headers.append("x-layer", name)
            return response

        return layer

    app = CovetPy(middleware=[CORSMiddleware(allow_origins=["https://a.example"]), stamp("app")])
    router = CovetRouter(middleware=[stamp("router")])
    router.static("/static", directory, middleware=[stamp("mount")])
    app.include_router(router, "/shop")
    client = TestClient(app, protocol=protocol)

    for path, status in {"/shop/static/site.css": 200, "/shop/static/large.bin": 200, "/shop/static/no": 404}.items():
        response = await client.get(path, headers={"origin": "https://a.example"})
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == "https://a.example"
        assert response.headers.get_list("x-layer") == ["mount", "router", "app"]


@on_both_protocols
async def test_directory_is_redirected_to_its_page(directory: Path, protocol: WireProtocol) -> None:
    """With its query, so that relative links work; never to another host."""
    (directory / "a b").mkdir()
    (directory / "a b" / "index.html").write_text("page")
    app = CovetPy()
    app.static("/static", directory, html=True)
    client = TestClient(app, protocol=protocol, follow_redirects=False)

    redirect = await client.get("/static/a%20b?x=1")
    followed = await client.get(redirect.headers["location"])
    prefix = await client.get("/static")

    assert (redirect.status_code, redirect.headers["location"]) == (308, "/static/a%20b/?x=1")
    assert followed.text == "page"
    assert prefix.headers["location"] == "/static/"


@on_both_protocols
@pytest.mark.parametrize("target", ["//evil.example/a", "/static//evil.example", "/static//"])
async def test_no_redirect_leads_to_another_host(directory: Path, protocol: WireProtocol, target: str) -> None:
    """Two slashes are nothing here."""
    app = CovetPy()
    app.static("/", directory, html=True)
    app.static("/static", directory, html=True)

    response = await TestClient(app, protocol=protocol, follow_redirects=False).get(f"http://testserver{target}")

    assert response.status_code == 404


@on_both_protocols
async def test_application_in_the_browser_has_its_paths(directory: Path, protocol: WireProtocol) -> None:
    """The page answers where a page is wanted, and is asked for anew each time."""
    app = CovetPy()
    app.static("/", directory, html=True, spa="index.html", cache=3600)
    client = TestClient(app, protocol=protocol)

    page = await client.get("/users/7", headers={"accept": "text/html"})
    script = await client.get("/assets/gone.js", headers={"accept": "*/*"})

    assert (page.status_code, page.text, page.headers["content-type"]) == (200, "home", "text/html; charset=utf-8")
    assert page.headers["cache-control"] == "no-cache"
    assert script.status_code == 404


@on_both_protocols
@pytest.mark.parametrize("name", ["My_Photo123.jpg", "CV-JohnDoe1.pdf", "backup-2026feb01.zip", "app.3f9a1c2b.js"])
async def test_nothing_is_kept_for_ever_unasked(directory: Path, name: str, protocol: WireProtocol) -> None:
    """Whatever a name looks like: who wrote it may write it anew."""
    (directory / name).touch()
    app = CovetPy()
    app.static("/", directory)

    response = await TestClient(app, protocol=protocol).get(f"/{name}")

    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"cache": 60}, "public, max-age=60"),
        ({"cache": "Private, max-age=5"}, "Private, max-age=5"),
        ({"cache": "private", "immutable": True}, "public, max-age=31536000, immutable"),
        ({"immutable": r"\.nothing\.", "cache": "private"}, "private"),
        ({"headers": {"Cache-Control": "no-store"}}, "no-store"),
    ],
)
async def test_caching_can_be_chosen(directory: Path, options: dict[str, object], expected: str) -> None:
    """For what changes and for what does not."""
    app = CovetPy()
    app.static("/", directory, **options)  # type: ignore[arg-type]

    response = await TestClient(app).get("/assets/app.3f9a1c2b.js")

    assert response.headers["cache-control"] == expected


@on_both_protocols
async def test_compressed_neighbour_is_sent(directory: Path, protocol: WireProtocol) -> None:
    """As the type that it stands for, under a tag of its own."""
    app = CovetPy()
    app.static("/", directory)
    client = TestClient(app, protocol=protocol)
    path = "/assets/app.3f9a1c2b.js"

    async with client.stream("GET", path, headers={"accept-encoding": "gzip"}) as response:
        raw = b"".join([piece async for piece in response.aiter_bytes()])
    plain = await client.get(path)

    assert (raw, response.headers["content-encoding"]) == (b"gz", "gzip")
    assert response.headers["content-type"] == plain.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert response.headers["etag"] != plain.headers["etag"]


async def test_neighbours_can_be_left_alone(directory: Path) -> None:
    """Then there is nothing to vary."""
    app = CovetPy()
    app.static("/", directory, precompressed=False)

    response = await TestClient(app).get("/assets/app.3f9a1c2b.js", headers={"accept-encoding": "gzip"})

    assert response.text == "script"
    assert "vary" not in response.headers


TRAVERSALS = [
    "..%2fstatic1.txt", "%2e%2e/static1.txt", "..%5cstatic1.txt", "%252e%252e/static1.txt", "..../static1.txt",
    "....//static1.txt", "/static1.txt", "//etc/passwd", "%c0%af..%c0%afstatic1.txt", "%c0%ae%c0%ae/static1.txt",
    "..;/static1.txt", "../static1.txt", "%2e%2e%2fstatic1.txt", "assets/../../static1.txt", "%2fetc%2fpasswd", ".env",
    "%2eenv", "C:%5cx", "NUL", "COM1.txt", "a%00.html", "a" * 5000, "index.html/x", "1.txt", "-secret/key",
    "assets%00", "..%ef%bc%8fstatic1.txt",
]  # fmt: skip


@on_both_protocols
@pytest.mark.parametrize("path", TRAVERSALS)
async def test_row_038_encoded_path_stays_inside(directory: Path, protocol: WireProtocol, path: str) -> None:
    """It is decoded once, and no byte from outside is sent; never a 500."""
    app = CovetPy()
    app.static("/static", directory)

    response = await TestClient(app, protocol=protocol).get(f"/static/{path}")

    assert response.status_code in {400, 404, 414}
    assert SECRET not in response.content
    assert b"root:" not in response.content


@pytest.mark.parametrize("path", ["/static1.txt", "/static-secret", "/staticsite.css"])
@on_both_protocols
async def test_row_037_prefix_ends_where_a_part_ends(directory: Path, protocol: WireProtocol, path: str) -> None:
    """What merely begins with its text is another path."""
    app = CovetPy()
    app.static("/static", directory)

    assert (await TestClient(app, protocol=protocol).get(path)).status_code == 404


@on_both_protocols
async def test_row_040_encoded_spelling_has_the_same_headers(directory: Path, protocol: WireProtocol) -> None:
    """Rules are for the decoded path."""
    app = CovetPy()
    app.static("/static", directory, headers={"Content-Security-Policy": "default-src 'self'"})
    client = TestClient(app, protocol=protocol)

    plain = await client.get("/static/assets/app.3f9a1c2b.js")
    encoded = await client.get("/static/%61ssets/app%2E3f9a1c2b%2ejs")

    assert encoded.status_code == 200
    assert dict(encoded.headers) == dict(plain.headers)
    assert plain.headers["content-security-policy"] == "default-src 'self'"


@on_both_protocols
async def test_row_042_odd_names_are_not_found(directory: Path, protocol: WireProtocol) -> None:
    """NUL, a very long name, a file as a directory: 404."""
    app = CovetPy()
    app.static("/static", directory, html=True, spa="index.html")
    client = TestClient(app, protocol=protocol)

    statuses = {(await client.get(f"/static/{path}")).status_code for path in ("a%00.html", "a" * 600, "site.css/x.js")}

    assert statuses == {404}


@on_both_protocols
@pytest.mark.parametrize("follow_symlinks", [False, True])
async def test_row_039_what_leads_outside_is_not_sent(
    directory: Path, tmp_path: Path, protocol: WireProtocol, follow_symlinks: bool
) -> None:
    """Neither a link, nor what is compressed beside a file, nor what is behind a directory that is a link."""
    (directory / "link").symlink_to(tmp_path / "static1.txt")
    (directory / "passwd").symlink_to("/etc/passwd")
    (directory / "out").symlink_to(tmp_path)
    (directory / "site.css.gz").symlink_to(tmp_path / "static1.txt")
    (directory / "same.css").symlink_to("site.css")
    app = CovetPy()
    app.static("/static", directory, follow_symlinks=follow_symlinks)
    client = TestClient(app, protocol=protocol)

    for path in ("link", "passwd", "out/static1.txt", "out"):
        assert_problem(await client.get(f"/static/{path}"), 404, echo=SECRET.decode())
    plain = await client.get("/static/site.css", headers={"accept-encoding": "gzip"})
    linked = await client.get("/static/same.css")

    assert (plain.text, "content-encoding" in plain.headers) == ("css", False)
    assert linked.status_code == (200 if follow_symlinks else 404)


@on_both_protocols
@pytest.mark.parametrize(
    "path", ["//host/share", "C:%5Cx", "c:/x", "NUL", "COM1.txt", "%5C%5Chost%5Cshare", "con%20.css"]
)
async def test_row_041_no_file_system_hears_of_other_machines(
    directory: Path, protocol: WireProtocol, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the wire to the answer; what a file is served by would have been seen."""
    asked: list[str] = []
    for name in ("open", "stat", "lstat", "readlink"):
        real = getattr(os, name)

        def spy(target: Any, *arguments: Any, real: Any = real, **options: Any) -> Any:
            if str(directory) in str(target):
                asked.append(str(target))
            return real(target, *arguments, **options)

        monkeypatch.setattr(os, name, spy)
    app = CovetPy()
    app.static("/static", directory)
    client = TestClient(app, protocol=protocol)
    asked.clear()

    response = await client.get(f"/static/{path}")
    asked_for_it = list(asked)

    assert_problem(response, 404)
    assert asked_for_it == []
    assert (await client.get("/static/site.css")).text == "css"
    assert asked


@on_both_protocols
async def test_row_043_nothing_is_listed(directory: Path, protocol: WireProtocol) -> None:
    """The names of files are in no answer."""
    (directory / "assets" / '"><img onerror=alert(1)>').touch()
    app = CovetPy()
    app.static("/static", directory)
    client = TestClient(app, protocol=protocol)

    for path in ("/static/assets/", "/static/assets", "/static/", "/static"):
        response = await client.get(path)
        assert_problem(response, 404, echo="onerror")


SEGMENTS = ["..", ".", "%2e%2e", "%2f", "%5c", "assets", "site.css", "static", "index.html", "%00", "", "static1.txt",
            ".env", "%25", "~", "%ff", "%c3%a9", ";", "+", "*"]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.sampled_from(SEGMENTS), max_size=6).map("/".join), st.sampled_from(PROTOCOLS))
async def test_row_038_no_path_sends_what_is_outside(directory: Path, path: str, protocol: WireProtocol) -> None:
    """Whatever a client puts together: an answer that it may have, and no 500."""
    app = CovetPy()
    app.static("/static", directory, html=True)

    response = await TestClient(app, protocol=protocol, follow_redirects=False).get(f"/static/{path}")

    assert response.status_code in {200, 308, 400, 404}
    assert SECRET not in response.content


async def test_path_of_a_file_can_be_written(directory: Path) -> None:
    """By the name of the mount."""
    app = CovetPy()
    app.static("/static", directory, name="static")

    assert app.url_for("static", path="assets/a b.js") == "/static/assets/a%20b.js"


@on_both_protocols
async def test_it_may_be_mounted(directory: Path, protocol: WireProtocol) -> None:
    """As in other frameworks."""
    app = CovetPy()
    app.mount("/static", StaticFiles(directory), name="static")

    assert (await TestClient(app, protocol=protocol).get("/static/site.css")).text == "css"


async def test_it_may_be_added_while_the_application_runs(directory: Path) -> None:
    """Files take no part in the start."""
    app = CovetPy()
    async with TestClient(app) as client:
        assert (await client.get("/static/site.css")).status_code == 404

        app.static("/static", directory)

        assert (await client.get("/static/site.css")).text == "css"


async def test_layer_that_is_added_later_is_around_files(directory: Path) -> None:
    """They are compiled anew, as routes are."""
    app = CovetPy()
    app.static("/static", directory)
    client = TestClient(app)
    await client.get("/static/site.css")

    app.add_middleware(CORSMiddleware(allow_origins=["*"]))

    assert "access-control-allow-origin" in (await client.get("/static/site.css")).headers


def test_directory_has_to_be_there() -> None:
    """Before the first request."""
    with pytest.raises(ConfigurationError, match=r"'/nowhere' is no directory: there are no files to send\."):
        CovetPy().static("/static", "/nowhere")


def test_it_knows_its_directory(directory: Path) -> None:
    """Without links."""
    assert StaticFiles(directory).directory == str(directory)


NO_PATTERN = "immutable must be True, False or a regular expression, got '('.\n  Write immutable="
NO_PAGE = "is no file below {root!r}.\n  Build the pages first, or mend the name: 'index.html'."


DIRECTIVES = (
    "Available: immutable, max-age, must-revalidate, must-understand, no-cache, no-store, no-transform, private, "
    "proxy-revalidate, public, s-maxage, stale-if-error, stale-while-revalidate."
)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spa": "app.html"}, f"spa='app.html' {NO_PAGE}"),
        ({"spa": "../static1.txt"}, f"spa='../static1.txt' {NO_PAGE}"),
        ({"cache": "banana"}, f"cache has 'banana', which Cache-Control does not know.\n  {DIRECTIVES}"),
        (
            {"cache": "public, maxage=60"},
            f"cache has 'maxage', which Cache-Control does not know.\n  Did you mean 'max-age'? {DIRECTIVES}",
        ),
        ({"cache": -1}, "cache must be a number of seconds, a Cache-Control or None, got -1.\n  Write cache=3600."),
        ({"cache": True}, "cache must be a number of seconds, a Cache-Control or None, got True.\n  Write cache=3600."),
        (
            {"immutable": "("},
            f"{NO_PATTERN}r'\\.[0-9a-f]{{{{8}}}}\\.' for names such as app.1a2b3c4d.js.",
        ),
    ],
)
def test_wrong_options_are_named(directory: Path, options: dict[str, object], message: str) -> None:
    """With what to write instead."""
    with pytest.raises(ConfigurationError) as caught:
        StaticFiles(directory, **options)  # type: ignore[arg-type]

    assert str(caught.value) == message.format(root=str(directory))


def test_unknown_option_is_refused(directory: Path) -> None:
    """With the one that was meant."""
    with pytest.raises(UnknownOptionError, match=r"has no option 'htlm'\.\n  Did you mean 'html'\?"):
        CovetPy().static("/static", directory, htlm=True)
