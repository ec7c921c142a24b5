"""
Who may look: this machine, by its own name, for nobody else's page.
"""

import pytest

from covet.http.headers import Headers
from covet.http.locality import is_loopback, may_look
from covet.http.request import Request

HERE = ("127.0.0.1", 50000)


def ask(client: tuple[str, int] | None = HERE, host: str = "localhost:8000", **headers: str) -> bool:
    """Ask whether a request with these headers may look; underscores in their names are dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return may_look(Request(headers={"host": host, **named}, client=client))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"])
def test_loopback_is_here(address: str) -> None:
    """Each way to write this machine's own address counts."""
    assert is_loopback(address)
    assert ask((address, 50000))


@pytest.mark.parametrize(
    "address",
    ["192.0.2.1", "10.0.0.7", "0.0.0.0", "::", "fe80::1%lo", "::ffff:192.0.2.1", "2001:db8::1", "127.evil.com", ""],
)
def test_other_addresses_are_elsewhere(address: str) -> None:
    """An address that merely looks like it does not count."""
    assert not is_loopback(address)
    assert not ask((address, 50000))


def test_unix_socket_is_here() -> None:
    """It has no address; the file system says who may connect."""
    assert ask(None)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:8000"])
def test_own_names_are_good(host: str) -> None:
    """With or without a port."""
    assert ask(host=host)


@pytest.mark.parametrize(
    "host", ["evil.com", "localhost.evil.com", "evil-localhost", "127.0.0.1.evil.com", "localhost.", "[::2]"]
)
def test_other_names_are_refused(host: str) -> None:
    """A name of an attacker's that leads here stands in the header: DNS rebinding."""
    assert not ask(host=host)
    assert not ask(None, host=host)


def test_request_without_a_name_is_refused() -> None:
    """No server lets one through; a name that was made up for it would be this machine's own."""
    request = Request(client=HERE)
    request.headers = Headers()

    assert not may_look(request)


@pytest.mark.parametrize("host", ["", "a b", "localhost:x", "["])
def test_what_is_no_name_is_refused_without_an_error(host: str) -> None:
    """A malformed request is answered by this, too."""
    request = Request(client=HERE)
    request.headers = Headers({"host": host})

    assert not may_look(request)


@pytest.mark.parametrize(
    "header", ["x_forwarded_for", "x_forwarded_host", "x_forwarded_proto", "x_real_ip", "forwarded", "via"]
)
def test_proxies_are_refused(header: str) -> None:
    """Behind a proxy on this machine everybody seems to be here, whatever the header says."""
    assert not ask(HERE, **{header: "127.0.0.1"})


def test_no_header_opens_the_pages() -> None:
    """A client elsewhere may write what it likes."""
    assert not ask(("192.0.2.1", 50000), x_forwarded_for="127.0.0.1", forwarded="for=127.0.0.1", x_real_ip="::1")


@pytest.mark.parametrize("origin", ["http://evil.com", "null", "http://localhost:3000", "https://localhost:8000"])
def test_pages_of_other_origins_are_refused(origin: str) -> None:
    """They could read the answer, if CORS allows their origin."""
    assert not ask(origin=origin)


def test_own_origin_is_good() -> None:
    """The pages themselves may ask."""
    assert ask(origin="http://localhost:8000", sec_fetch_site="same-origin", sec_fetch_mode="cors")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_only_links_lead_here_from_elsewhere(site: str) -> None:
    """A link may be followed; an image, a frame or a script may not ask."""
    assert ask(sec_fetch_site=site, sec_fetch_mode="navigate", sec_fetch_dest="document")
    assert not ask(sec_fetch_site=site, sec_fetch_mode="navigate", sec_fetch_dest="iframe")
    assert not ask(sec_fetch_site=site, sec_fetch_mode="no-cors", sec_fetch_dest="image")
