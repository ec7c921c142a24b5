"""
Middleware by name: registered, imported, or offered by a distribution.
"""

import sys
from pathlib import Path

import pytest

from covet.exceptions import ConfigurationError, ItemNotFoundError
from covet.middleware import (
    AuthenticationMiddleware,
    BodyLimitMiddleware,
    CacheMiddleware,
    CompressionMiddleware,
    ConcurrencyLimitMiddleware,
    ConditionalMiddleware,
    CORSMiddleware,
    CSRFMiddleware,
    DecompressionMiddleware,
    GZipMiddleware,
    HTTPSRedirectMiddleware,
    Middleware,
    ProxyHeadersMiddleware,
    RateLimitMiddleware,
    RequestIDMiddleware,
    RequestLoggingMiddleware,
    SecurityHeadersMiddleware,
    SessionMiddleware,
    TimeoutMiddleware,
    TrustedHostMiddleware,
    find_middleware,
    get_middleware_registry,
)
from covet.middleware.debug import DebugToolbarMiddleware
from covet.registry import InvalidItemError
from tests.unit.distributions import install

SOURCE = """
from covet.middleware import Middleware


class Stamp(Middleware):
    def process_response(self, request, response):
        return response
"""


@pytest.fixture
def offered(importable: Path) -> Path:
    """A directory with distributions that offer middleware."""
    install(
        importable, "covet-stamp", group="covet.middleware", offers={"stamp": "stamp_module:Stamp"},
        modules={"stamp_module": SOURCE},
    )  # fmt: skip
    install(
        importable, "covet-broken", version="0.3", group="covet.middleware",
        offers={"broken": "broken_module:Broken", "stamp_two": "stamp_module:Stamp"},
        modules={"broken_module": "import no_such_library\n"},
    )  # fmt: skip
    return importable


def test_built_in_middleware_is_registered() -> None:
    """By the names that settings list."""
    assert dict(get_middleware_registry().list_all()) == {
        "authentication": AuthenticationMiddleware,
        "body_limit": BodyLimitMiddleware,
        "cache": CacheMiddleware,
        "compression": CompressionMiddleware,
        "concurrency_limit": ConcurrencyLimitMiddleware,
        "conditional": ConditionalMiddleware,
        "cors": CORSMiddleware,
        "csrf": CSRFMiddleware,
        "debug_toolbar": DebugToolbarMiddleware,
        "decompression": DecompressionMiddleware,
        "gzip": GZipMiddleware,
        "https_redirect": HTTPSRedirectMiddleware,
        "proxy_headers": ProxyHeadersMiddleware,
        "rate_limit": RateLimitMiddleware,
        "request_id": RequestIDMiddleware,
        "request_logging": RequestLoggingMiddleware,
        "security_headers": SecurityHeadersMiddleware,
        "session": SessionMiddleware,
        "timeout": TimeoutMiddleware,
        "trusted_hosts": TrustedHostMiddleware,
    }
    assert find_middleware("cors") is CORSMiddleware


@pytest.mark.parametrize("item", [int, "cors", CORSMiddleware()], ids=["class", "text", "instance"])
def test_only_classes_of_middleware_come_in(item: object) -> None:
    """The refusal says what is expected."""
    with pytest.raises(InvalidItemError) as caught:
        get_middleware_registry().register("mine", item)  # type: ignore[arg-type]

    assert str(caught.value) == f"middleware refuses 'mine': {item!r}.\n  It must be a subclass of Middleware."


def test_import_string_is_found() -> None:
    """Whatever it names."""
    assert find_middleware("covet.middleware.cors:CORSMiddleware") is CORSMiddleware


def test_entry_point_is_found_by_its_name(offered: Path) -> None:
    """It is loaded, and no other one."""
    found = find_middleware("stamp")

    assert found.__module__ == "stamp_module"
    assert "broken_module" not in sys.modules


def test_name_of_nothing_is_suggested(offered: Path) -> None:
    """What is registered and what is offered."""
    with pytest.raises(ItemNotFoundError) as caught:
        find_middleware("stmap")

    assert str(caught.value) == (
        "'stmap' is not registered in middleware.\n  Did you mean 'stamp'? "
        "Available: authentication, body_limit, broken, cache, compression, concurrency_limit, conditional, cors, "
        "csrf, debug_toolbar, decompression, gzip, https_redirect, proxy_headers, rate_limit, request_id, "
        "request_logging, security_headers, session, stamp, stamp_two, timeout, trusted_hosts."
    )


def test_what_cannot_be_loaded_names_its_distribution(offered: Path) -> None:
    """With the reason, and what to do."""
    with pytest.raises(ConfigurationError) as caught:
        find_middleware("broken")

    assert str(caught.value) == (
        "The middleware 'broken' of covet-broken 0.3 failed to load: "
        "ModuleNotFoundError: No module named 'no_such_library'\n"
        "  Mend or uninstall covet-broken 0.3, or take 'broken' out of the settings."
    )


def test_name_that_is_offered_twice_is_refused(offered: Path) -> None:
    """Nobody could say which one is meant."""
    install(offered, "covet-other", group="covet.middleware", offers={"stamp": "stamp_module:Stamp"})

    with pytest.raises(ConfigurationError) as caught:
        find_middleware("stamp")

    assert str(caught.value) == (
        "The middleware 'stamp' is offered twice, by covet-other 1.0 and covet-stamp 1.0.\n  Uninstall one of them."
    )


@pytest.mark.parametrize("target", ["covet.middleware:Missing", "no_such_module:Name", "covet.middleware:"])
def test_import_string_that_leads_nowhere_is_refused(target: str) -> None:
    """The error says how one is written."""
    with pytest.raises(ConfigurationError, match=r'Write "package\.module:Name"\.'):
        find_middleware(target)


class RawASGI:
    """Middleware of another kind."""

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        """Answer."""


class Needy(Middleware):
    """Middleware that needs options."""

    def __init__(self, key: str) -> None:
        self.key = key

    async def process_request(self, request: object) -> None:
        """See a request."""


class WithoutBase:
    """Middleware that is a class of its own."""

    async def __call__(self, request: object, call_next: object) -> None:
        """Go on."""


async def around(request: object, call_next: object) -> None:
    """Go on."""


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "json:dumps",
            (
                "'json:dumps' cannot be used: dumps is no middleware.\n"
                "  Write async def name(request, call_next), or a subclass of Middleware."
            ),
        ),
        (
            "json:JSONDecoder",
            (
                "'json:JSONDecoder' cannot be used: JSONDecoder is no middleware.\n"
                "  Write async def name(request, call_next), or a subclass of Middleware."
            ),
        ),
        (
            f"{__name__}:RawASGI",
            (
                f"'{__name__}:RawASGI' cannot be used: RawASGI.__call__ cannot be called: "
                "missing a required argument: 'send'.\n  Its parameters are (request, call_next)."
            ),
        ),
    ],
)
def test_what_is_no_middleware_is_refused(target: str, message: str) -> None:
    """Where it is named, and not where the application starts."""
    with pytest.raises(ConfigurationError) as caught:
        find_middleware(target)

    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["Needy", "WithoutBase", "around"])
def test_whatever_can_be_middleware_is_found(name: str) -> None:
    """A class that needs options gets them later."""
    assert find_middleware(f"{__name__}:{name}") is globals()[name]


def test_entry_point_of_something_else_is_refused(importable: Path) -> None:
    """The error names its distribution."""
    install(importable, "covet-wrong", version="0.2", group="covet.middleware", offers={"wrong": "json:dumps"})

    with pytest.raises(ConfigurationError, match=r"^What covet-wrong 0\.2 offers as 'wrong' cannot be used: "):
        find_middleware("wrong")
