"""
The options of `run()`: what can be, and what is said about what cannot.
"""

import inspect
from dataclasses import fields
from pathlib import Path

import pytest

from covet.exceptions import ConfigurationError
from covet.server.options import RunOptions, ServerOptions, make_options


def test_defaults_are_safe() -> None:
    """Nothing is reachable from outside, and HTTP/2 is off, unless asked for."""
    options = ServerOptions()

    assert options.host == "127.0.0.1"
    assert options.http == "1"
    assert options.reload is False
    assert options.drain_timeout == 30


def test_the_keyword_arguments_are_the_fields() -> None:
    """What `run()` takes is what `ServerOptions` documents."""
    assert set(RunOptions.__annotations__) == {field.name for field in fields(ServerOptions)}


def test_every_option_is_documented() -> None:
    """Each option has its line in the class's docstring."""
    # Python 3.13 takes the indentation off when it compiles, the others leave it.
    documented = inspect.getdoc(ServerOptions) or ""

    missing = [field.name for field in fields(ServerOptions) if f"\n    {field.name}: " not in documented]
    assert missing == []


def test_an_unknown_option_is_refused_with_a_suggestion() -> None:
    """A misspelt option names the one that was meant."""
    with pytest.raises(ConfigurationError, match=r"run\(\) has no option 'drain_timeuot'\.\n  Did you mean 'drain_tim"):
        make_options({"drain_timeuot": 3})  # type: ignore[typeddict-unknown-key]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"port": 65536}, "port must be an integer from 0 to 65535, got 65536."),
        ({"port": "80"}, "port must be an integer from 0 to 65535, got '80'."),
        ({"port": True}, "port must be an integer from 0 to 65535, got True."),
        ({"workers": 0}, "workers must be an integer from 1 to 1024, got 0."),
        ({"backlog": 1}, "backlog must be an integer from 128 to 65535, got 1."),
        ({"backpressure": 0}, "backpressure must be an integer from 1 to 1000000, got 0."),
        ({"drain_timeout": 0}, "drain_timeout must be a number of seconds above 0, got 0."),
        ({"drain_timeout": None}, "drain_timeout must be a number of seconds above 0, got None."),
        ({"header_timeout": float("nan")}, "header_timeout must be a number of seconds above 0, got nan."),
        ({"keep_alive": "5"}, "keep_alive must be a number of seconds above 0, got '5'."),
        ({"server": "granain"}, "server cannot be 'granain'.\n  Did you mean 'granian'?"),
        ({"interface": "wsgi"}, "interface cannot be 'wsgi'."),
        ({"http": "3"}, "http cannot be '3'."),
        ({"http": 1}, "http cannot be 1."),
        ({"log_level": "loud"}, "log_level cannot be 'loud'."),
        ({"start_method": "forkserver"}, "start_method cannot be 'forkserver'.\n  Available: fork, spawn."),
        ({"reload": "yes"}, "reload must be True or False, got 'yes'."),
        ({"host": ""}, "host must be an address or a name, got ''."),
        ({"tls_key": "key.pem"}, "TLS needs both tls_certificate and tls_key"),
        (
            {"websocket_compression": True, "websockets": False},
            "websocket_compression=True compresses what websockets=False refuses.",
        ),
        ({"tls_key": 7, "tls_certificate": "c.pem"}, "tls_key must be a path, got 7."),
        ({"uds": 7}, "uds must be a path, got 7."),
        ({"uds": ""}, "uds must be a path, got ''."),
        (
            {"uds": "/run/a.sock", "port": 80},
            "uds='/run/a.sock' is listened on instead of a port, but port is given, too.\n  Leave out port, or uds.",
        ),
        ({"uds": "/run/a.sock", "host": "::1"}, "but host is given, too.\n  Leave out host, or uds."),
        (
            {"reload": True, "reload_paths": "src"},
            "reload_paths must be a list of directories, got 'src'.\n  Write ['src'].",
        ),
        ({"reload": True, "reload_paths": Path("src")}, "reload_paths must be a list of directories, got PosixPath("),
        ({"reload": True, "reload_paths": [7]}, "reload_paths must be a path, got 7."),
        (
            {"reload_paths": ("src",)},
            "reload_paths says what reload=True watches, but reload is off.\n  Set reload=True, or leave out reload_pa",
        ),
        ({"reload": True, "workers": 2}, "reload=True serves with one worker, got workers=2."),
    ],
)
def test_a_wrong_value_is_refused(given: RunOptions, message: str) -> None:
    """The error names the option, what it may be, and what was given."""
    with pytest.raises(ConfigurationError) as caught:
        make_options(given)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("options", "address"),
    [
        (ServerOptions(port=80), "http://127.0.0.1:80"),
        (ServerOptions(host="::1"), "http://[::1]:8000"),
        (ServerOptions(tls_certificate="c.pem", tls_key="k.pem"), "https://127.0.0.1:8000"),
        (ServerOptions(uds=Path("/run/app.sock")), "unix:/run/app.sock"),
    ],
)
def test_the_address_is_a_url(options: ServerOptions, address: str) -> None:
    """The address can be copied from the log into a browser."""
    assert options.address == address


# ── What an application says of itself ───────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "defaults", "expected"),
    [
        ({}, {"port": 9000, "workers": 4}, {"port": 9000, "workers": 4}),
        ({"port": 1}, {"port": 9000, "workers": 4}, {"port": 1, "workers": 4}),
        ({"uds": "/run/x"}, {"host": "0.0.0.0", "port": 9000}, {"uds": "/run/x", "host": "127.0.0.1", "port": 8000}),
        ({"host": "::1"}, {"uds": "/run/x"}, {"uds": None, "host": "::1"}),
        ({"port": 1}, {"uds": "/run/x"}, {"uds": None, "port": 1}),
        ({"reload": True}, {"workers": 4}, {"reload": True, "workers": 1}),
        ({"reload": False}, {"workers": 4}, {"reload": False, "workers": 4}),
        ({"workers": 4}, {"reload": True}, {"reload": False, "workers": 4}),
        ({"workers": 1}, {"reload": True}, {"reload": True, "workers": 1}),
        (
            {"tls_certificate": None, "tls_key": None},
            {"tls_certificate": "c", "tls_key": "k"},
            {"tls_certificate": None, "tls_key": None},
        ),
    ],
)
def test_what_is_given_wins(given: RunOptions, defaults: RunOptions, expected: dict[str, object]) -> None:
    """It also takes away what would contradict it."""
    options = make_options(given, defaults)

    assert {name: getattr(options, name) for name in expected} == expected


def test_half_a_certificate_is_not_mixed_with_another() -> None:
    """A certificate that is given needs its own key."""
    with pytest.raises(ConfigurationError, match="TLS needs both tls_certificate and tls_key, but only one is given"):
        make_options({"tls_certificate": "mine"}, {"tls_certificate": "c", "tls_key": "k"})


def test_defaults_are_checked_too() -> None:
    """An application cannot say what cannot be."""
    with pytest.raises(ConfigurationError, match="port must be an integer from 0 to 65535, got 70000"):
        make_options({}, {"port": 70000})
