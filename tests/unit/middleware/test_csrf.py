"""
Tests of the protection from other sites, over both protocols.
"""

import re
from pathlib import Path
from typing import Annotated, Any
from weakref import ref

import pytest

from covet import CovetPy, Request, Response
from covet.exceptions import ConfigurationError, NotFoundError
from covet.middleware import CSRFError, CSRFMiddleware, Middleware, SessionMiddleware, csrf_exempt, get_session
from covet.options import UnknownOptionError
from covet.parameters import Form
from covet.responses import HTMLResponse
from covet.security import generate_token
from covet.templating import Templates
from covet.testing import TestClient
from tests.unit.middleware.cors_client import Protocol
from tests.unit.sessions.keepers import NEW_KEY, OLD_KEY, Clock

HERE = {"sec-fetch-site": "same-origin"}
MODES = pytest.mark.parametrize("has_session", [True, False])


def make_app(*, has_session: bool = True, **options: Any) -> CovetPy:
    """Make an application whose form changes something."""
    middleware: list[Any] = [CSRFMiddleware(None if has_session else OLD_KEY, **options)]
    if has_session:
        middleware.append(SessionMiddleware(OLD_KEY))
    app = CovetPy(middleware=middleware)

    @app.get("/form")
    async def form(request: Request) -> HTMLResponse:
        return HTMLResponse(f'<input name="csrf_token" value="{request.state.csrf_token()}">')

    @app.get("/page")
    async def page() -> str:
        return "page"

    @app.route("/change", methods=["POST", "PUT", "PATCH", "DELETE"])
    async def change() -> str:
        return "changed"

    @app.post("/save")
    async def save(request: Request) -> str:
        return str((await request.form())["name"])

    @app.post("/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    @app.post("/login")
    async def log_in(request: Request) -> None:
        get_session(request).log_in("7")

    @app.post("/hook", middleware=[csrf_exempt()])
    async def hook() -> str:
        return "taken"

    return app


def open_client(app: CovetPy, protocol: Protocol = "asgi") -> TestClient:
    """Open a client of `https`, whose cookies are there from the start."""
    client = TestClient(app, protocol=protocol, base_url="https://example.com")
    client.cookies.set("other", "1")
    return client


async def read_token(client: TestClient) -> str:
    """Read the token in the form."""
    found = re.search(r'value="([^"]+)"', (await client.get("/form")).text)
    assert found is not None
    return found[1]


@pytest.mark.row(67)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/json",
        "Application/X-WWW-Form-Urlencoded",
        "a;application/json",
        "multipart/form-data; boundary=x",
        "",
    ],
)
async def test_row_067_type_of_the_body_does_not_decide(
    protocol: Protocol, method: str, content_type: str | None
) -> None:
    """
    What another site sends is refused whatever it calls it, and what is sent from here is not.
    """
    headers = {} if content_type is None else {"content-type": content_type}
    client = open_client(make_app(), protocol)

    foreign = await client.request(method, "/change", headers=headers | {"sec-fetch-site": "cross-site"}, content=b"{}")
    elder = await client.request(method, "/change", headers=headers | {"origin": "https://evil.example"}, content=b"{}")
    hidden = await client.request(method, "/change", headers=headers | {"origin": "null"}, content=b"{}")
    own = await client.request(method, "/change", headers=headers | HERE, content=b"{}")
    untold = await client.request(method, "/change", headers=headers, content=b"")

    assert [(each.status_code, each.json()["code"]) for each in (foreign, elder, hidden)] == [
        (403, "csrf_cross_site"),
        (403, "csrf_other_origin"),
        (403, "csrf_other_origin"),
    ]
    assert own.text == "changed"
    assert untold.status_code in {400, 403}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_methods_that_change_nothing_pass(protocol: Protocol, method: str) -> None:
    """
    Links of other sites lead here as ever.
    """
    client = open_client(make_app(), protocol)

    assert (await client.request(method, "/page", headers={"sec-fetch-site": "cross-site"})).status_code < 300


async def test_login_of_another_site_is_refused(protocol: Protocol) -> None:
    """
    Without any cookie, too: nobody is logged in as somebody else, unawares.
    """
    client = TestClient(make_app(), protocol=protocol, base_url="https://example.com")

    refused = await client.post("/login", headers={"origin": "https://evil.example"})

    assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)


async def test_program_without_cookies_needs_no_token(protocol: Protocol) -> None:
    """
    There is nothing that another site could use.
    """
    client = TestClient(make_app(), protocol=protocol, base_url="https://example.com")

    assert (await client.post("/change", headers={"authorization": "Bearer x"})).text == "changed"


@MODES
async def test_token_decides_where_the_browser_says_nothing(protocol: Protocol, has_session: bool) -> None:
    """
    In a header or in a field of either kind of form, which the handler reads as if nobody had before.
    """
    client = open_client(make_app(has_session=has_session), protocol)
    token = await read_token(client)
    form = {"csrf_token": token, "name": "Ada" * 1000}

    fetched = await client.post("/change", headers={"x-csrf-token": token}, json={})
    sent = await client.post("/save", data=form)
    uploaded = await client.post("/save", data=form, files={"file": ("a.txt", b"x" * 10_000)})
    missing = await client.post("/save", data={"name": "Ada"})
    as_file = await client.post("/save", data={"name": "Ada"}, files={"csrf_token": ("a.txt", token.encode())})
    without = await client.post("/change", json={})
    wrong = await client.post("/change", headers={"x-csrf-token": token[:-8] + "A" * 8})

    assert [fetched.text, sent.text, uploaded.text] == ["changed", form["name"], form["name"]]
    assert [each.json()["code"] for each in (missing, as_file, without)] == ["csrf_token_missing"] * 3
    assert wrong.json()["code"] == "csrf_token_invalid"


@pytest.mark.row(68)
@MODES
async def test_row_068_token_is_another_text_each_time(protocol: Protocol, has_session: bool) -> None:
    """
    A compressed page does not betray it, and each of them is good.
    """
    client = open_client(make_app(has_session=has_session), protocol)
    tokens = [await read_token(client) for _ in range(3)]
    texts = [(await client.post("/change", headers={"x-csrf-token": token})).text for token in tokens]

    assert (len(set(tokens)), texts) == (3, ["changed"] * 3)


@pytest.mark.row(68)
@MODES
async def test_row_068_token_belongs_to_one_session(has_session: bool) -> None:
    """
    That of another client is refused, and one without a session too.
    """
    app = make_app(has_session=has_session)
    first, second, fresh = (open_client(app) for _ in range(3))
    token = await read_token(first)
    await read_token(second)

    refused = [await client.post("/change", headers={"x-csrf-token": token}) for client in (second, fresh)]

    assert [each.json()["code"] for each in refused] == ["csrf_token_invalid"] * 2


async def test_token_ends_with_the_login() -> None:
    """
    What was known before the session had its user is worth nothing after.
    """
    client = open_client(make_app())
    before = await read_token(client)
    await client.post("/login", headers={"x-csrf-token": before})

    refused = await client.post("/change", headers={"x-csrf-token": before})
    taken = await client.post("/change", headers={"x-csrf-token": await read_token(client)})

    assert (refused.status_code, taken.text) == (403, "changed")


@pytest.mark.row(78)
async def test_tokens_and_cookies_of_other_uses_are_refused() -> None:
    """
    The cookie of a session is none of this, with the same secret.
    """
    client = open_client(make_app(has_session=False))
    await read_token(client)
    cookie = client.cookies.get("__Host-csrf")
    session = open_client(make_app())
    await read_token(session)
    other = session.cookies.get("__Host-session")

    for token, text in [(cookie, cookie), (other, other), (generate_token(), "x")]:
        headers = {"cookie": f"__Host-csrf={text}", "x-csrf-token": str(token)}
        assert (await client.post("/change", headers=headers)).status_code == 403


@MODES
async def test_page_with_a_token_is_private(has_session: bool) -> None:
    """
    And sets one cookie, once; a page without sets none.
    """
    client = open_client(make_app(has_session=has_session))
    plain = await client.get("/page")
    first = await client.get("/form")
    second = await client.get("/form")

    name = "__Host-session" if has_session else "__Host-csrf"
    assert first.headers["set-cookie"].startswith(f"{name}=")
    assert "; Path=/; Secure; HttpOnly; SameSite=Lax" in first.headers["set-cookie"]
    assert [each.headers["cache-control"] for each in (first, second)] == ["private", "private"]
    assert [each.headers["vary"] for each in (first, second)] == ["Cookie", "Cookie"]
    assert "set-cookie" not in second.headers
    assert "set-cookie" not in plain.headers
    assert "vary" not in plain.headers


async def test_cookie_is_made_anew_before_it_ends() -> None:
    """
    With the same secret, so that open forms stay good; and with the key in use.
    """
    clock = Clock()
    client = open_client(make_app(has_session=False, clock=clock))
    token = await read_token(client)
    clock.move(86_400)
    again = await client.get("/form")
    kept = await client.post("/change", headers={"x-csrf-token": token})
    both = CSRFMiddleware([NEW_KEY, OLD_KEY], clock=clock)
    request = Request(headers={"cookie": f"__Host-csrf={client.cookies.get('__Host-csrf')}"})
    sealed = both.read_cookie(request)
    clock.move(30 * 86_400)

    assert "set-cookie" in again.headers
    assert kept.text == "changed"
    assert sealed is not None
    assert both.is_old(sealed)
    assert (await client.post("/change", headers={"x-csrf-token": token})).status_code == 403


async def test_token_can_be_required_whatever_the_browser_says(protocol: Protocol) -> None:
    """
    A second lock on the same door.
    """
    client = open_client(make_app(require_token=True), protocol)
    token = await read_token(client)

    refused = await client.post("/change", headers=HERE)
    taken = await client.post("/change", headers={**HERE, "x-csrf-token": token})
    foreign = await client.post("/change", headers={"sec-fetch-site": "cross-site", "x-csrf-token": token})

    assert (refused.json()["code"], taken.text, foreign.status_code) == ("csrf_token_missing", "changed", 403)


async def test_trusted_origin_may_do_what_pages_of_the_application_may(protocol: Protocol) -> None:
    """
    That one, and not those which look like it.
    """
    client = open_client(make_app(trusted_origins=["https://admin.example.com"]), protocol)
    headers = {"sec-fetch-site": "same-site", "origin": "https://admin.example.com"}

    assert (await client.post("/change", headers=headers)).text == "changed"
    assert (await client.post("/change", headers={**headers, "origin": "https://b.example.com"})).status_code == 403


async def test_exempt_route_takes_what_other_sites_send(protocol: Protocol) -> None:
    """
    A service that calls back has no page of ours.
    """
    client = open_client(make_app(), protocol)

    assert (await client.post("/hook", headers={"origin": "https://payments.example"})).text == "taken"


async def test_body_is_not_read_for_a_refusal(protocol: Protocol) -> None:
    """
    Neither when the browser says where it comes from, nor when the body is no form.
    """
    app = make_app()
    client = open_client(app, protocol)
    large = b"x" * 2_000_000

    foreign = await client.post("/echo", headers={"sec-fetch-site": "cross-site"}, content=large)
    no_form = await client.post("/echo", headers={"content-type": "application/json"}, content=large)
    form = await client.post("/echo", headers={"content-type": "application/x-www-form-urlencoded"}, content=large)

    assert [each.status_code for each in (foreign, no_form, form)] == [403, 403, 413]


async def test_typed_form_is_read_after_the_token() -> None:
    """
    The handler's own parameters are bound as ever.
    """
    app = make_app()

    @app.post("/typed")
    async def typed(name: Annotated[str, Form()]) -> str:
        return name

    client = open_client(app)

    assert (await client.post("/typed", data={"csrf_token": await read_token(client), "name": "Ada"})).text == "Ada"


async def test_template_writes_the_field_of_a_form(tmp_path: Path) -> None:
    """
    Under the name that is read, as HTML that is not escaped again, and good when it comes back.
    """
    pytest.importorskip("jinja2")
    (tmp_path / "form.html").write_text("<form>{{ csrf_field() }}</form>")
    templates = Templates(tmp_path)
    app = make_app(field="token")

    @app.get("/template")
    async def show(request: Request) -> Response:
        return await templates.render(request, "form.html")

    client = open_client(app)
    page = (await client.get("/template")).text
    found = re.fullmatch(r'<form><input type="hidden" name="token" value="([\w-]{86})"></form>', page)
    assert found is not None

    assert (await client.post("/save", data={"token": found[1], "name": "Ada"})).text == "Ada"


async def test_names_can_be_chosen() -> None:
    """
    Of the header, the field and the cookie.
    """
    app = make_app(has_session=False, header="X-Token", field="token", cookie="anti", secure=False)
    client = open_client(app)
    token = await read_token(client)

    assert client.cookies.get("anti") is not None
    assert (await client.post("/change", headers={"x-token": token})).text == "changed"
    assert (await client.post("/save", data={"token": token, "name": "a"})).text == "a"


async def test_token_needs_something_to_belong_to() -> None:
    """
    The error names both ways out.
    """
    app = CovetPy(middleware=[CSRFMiddleware()])

    @app.get("/form")
    async def form(request: Request) -> str:
        return str(request.state.csrf_token())

    @app.post("/change")
    async def change() -> None: ...

    client = open_client(app)
    message = r"(?s)has no session to bind a token to.*Add SessionMiddleware, or write CSRFMiddleware\(secret_key="
    with pytest.raises(ConfigurationError, match=message):
        await client.get("/form")
    refused = await client.post("/change", headers={"x-csrf-token": "x", "cookie": "a=b"})

    # A client that makes one up has no way to an error of the application.
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_token_invalid")


async def test_application_may_answer_refusals_itself() -> None:
    """
    They are errors like any other.
    """
    app = make_app()

    @app.exception_handler(CSRFError)
    async def explain(request: Request, exc: CSRFError) -> tuple[str, int]:
        return f"no: {exc.code}", 403

    client = open_client(app)

    assert (await client.post("/change", headers={"origin": "null"})).text == "no: other_origin"


async def test_missing_route_is_refused_as_well() -> None:
    """
    Another site does not learn what there is.
    """
    client = open_client(make_app())

    assert (await client.post("/missing", headers={"origin": "https://evil.example"})).status_code == 403
    assert (await client.post("/missing", headers=HERE)).status_code == NotFoundError.status_code


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"secret_key": "change-me"}, "CSRFMiddleware: secret_key is a placeholder"),
        ({"trusted_origins": ["*"]}, r"trusted_origins has '\*', which is no origin"),
        ({"require_token": "yes"}, "require_token is 'yes', expected True or False"),
        ({"header": ""}, "header is '', expected a name"),
        ({"header": "a b"}, "header is 'a b', which is no header"),
        ({"cookie": ""}, "cookie is '', which names no cookie"),
        ({"field": 7}, "field is 7, expected a name"),
        ({"cookie": "a b"}, "cookie cannot be set"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    """
    When the middleware is made.
    """
    with pytest.raises(ConfigurationError, match=message):
        CSRFMiddleware(**options)


def test_unknown_option_is_refused() -> None:
    """
    With the one that was meant.
    """
    with pytest.raises(UnknownOptionError, match=r"(?s)no option 'allowed_origins'.*trusted_origins"):
        CSRFMiddleware(allowed_origins=[])  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("options", "within", "is_good"),
    [
        ({}, [], False),
        ({}, [SessionMiddleware(generate_token())], False),
        ({"secret_key": generate_token()}, [], True),
        ({"require_token": False}, [], True),
        ({}, [csrf_exempt()], True),
    ],
)
def test_a_token_that_is_required_belongs_to_something(
    options: dict[str, Any], within: list[object], is_good: bool
) -> None:
    """
    Else no request could have one: found at the start, and not by whoever sends a form.
    """
    app = CovetPy(middleware=[CSRFMiddleware(**{"require_token": True} | options)])
    app.get("/page")(lambda: "page")

    @app.post("/order", middleware=within)
    async def order() -> None:
        """Answer nothing."""

    if is_good:
        app.compile()
        return
    with pytest.raises(ConfigurationError) as caught:
        app.compile()
    assert str(caught.value) == (
        "CSRFMiddleware with require_token=True has nothing around POST /order to bind a token to.\n"
        "  Add SessionMiddleware outside of it, or give secret_key=settings.security.secret_key."
    )


@pytest.mark.parametrize("path", ["/form", "/page"])
async def test_a_request_leaves_nothing_to_the_garbage_collector(path: str) -> None:
    """Its tokens know it only while it is answered; a token that is asked for later says so."""
    kept: list[Any] = []

    class Keep(Middleware):
        def process_request(self, request: Request) -> None:
            kept.append((ref(request), request.state.csrf_token))

    app = make_app()
    app.add_middleware(Keep())
    await TestClient(app, base_url="https://example.com").get(path)
    find_request, make_token = kept[0]

    assert find_request() is None
    with pytest.raises(RuntimeError, match=r"^The request is over: make its CSRF tokens while it is answered\.$"):
        make_token()
