"""
The manager of plugins: registration, start, stop, and what happens when one of them fails.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy
from covet.checks import Check
from covet.config import Settings, Sources
from covet.exceptions import ConfigurationError
from covet.plugins import (
    Plugin,
    PluginConflictError,
    PluginDependencyError,
    PluginError,
    PluginManager,
    PluginStateError,
    PluginTimeoutError,
)
from covet.testing import TestClient
from tests.unit.distributions import install
from tests.unit.plugins.plugin_classes import make_plugin


@dataclass(frozen=True)
class Greeting:
    """A configuration."""

    text: str = "hello"


def states(manager: PluginManager) -> dict[str, str]:
    """Where each plugin stands."""
    return {record.name: record.state.value for record in manager.records}


def make_manager(*plugins: object) -> PluginManager:
    """Make a manager by hand, with some plugins."""
    manager = PluginManager(CovetPy())
    manager.register_all(plugins)
    return manager


# ── Registration ─────────────────────────────────────────────────────────────


def test_registration_initialises_in_the_order_of_need() -> None:
    """All configurations are validated before the first plugin gets to know the application."""
    log: list[str] = []

    manager = make_manager(make_plugin("shop", needs=["database"], log=log), make_plugin("database", log=log))

    assert log == ["validate_config database", "validate_config shop", "init_app database", "init_app shop"]
    assert states(manager) == {"database": "initialised", "shop": "initialised"}
    assert [plugin.name for plugin in manager.list_plugins()] == ["database", "shop"]


@pytest.mark.parametrize("method", ["register", "register_plugin"])
def test_plugins_may_be_registered_one_by_one(method: str) -> None:
    """Each after those that it needs; both spellings do the same."""
    manager = PluginManager(CovetPy())

    getattr(manager, method)(make_plugin("database"))
    getattr(manager, method)(type(make_plugin("shop", needs=["database"])))

    assert states(manager) == {"database": "initialised", "shop": "initialised"}


def test_plugin_knows_its_application_when_it_is_initialised() -> None:
    """`app` is set before `init_app`, and both are the same."""
    seen: list[tuple[object, object]] = []

    def init_app(self: Plugin, app: CovetPy) -> None:
        seen.append((self.app, app))

    app = CovetPy(plugins=[make_plugin("shop", init_app=init_app)])

    assert seen == [(app, app)]


def test_plugin_is_found_by_its_name() -> None:
    """Or not at all."""
    plugin = make_plugin("shop")
    manager = make_manager(plugin)

    assert manager.get_plugin("shop") is plugin
    assert manager.get_plugin("cart") is None


def test_name_of_another_plugin_is_refused() -> None:
    """The error says where both come from; it is a `ValueError`."""
    manager = make_manager(make_plugin("shop"))

    with pytest.raises(PluginConflictError) as caught:
        manager.register(make_plugin("shop"))

    assert str(caught.value) == (
        "There are two plugins 'shop': one by argument, one by argument.\n"
        "  Register one of them; for two of a kind, derive a class with a name of its own."
    )
    assert isinstance(caught.value, ValueError)
    assert len(manager.list_plugins()) == 1


def test_one_plugin_that_is_enabled_in_two_ways_is_refused(importable: Path) -> None:
    """Neither way may lose in silence."""
    source = "from covet.plugins import Plugin\nclass Shop(Plugin):\n"
    source += "    name, version = 'shop', '1.0'\n    def init_app(self, app): ...\n"
    install(
        importable,
        "covet-shop",
        group="covet.plugins",
        offers={"shop": "shop_class:Shop"},
        modules={"shop_class": source},
    )
    manager = PluginManager(CovetPy())

    with pytest.raises(PluginConflictError) as caught:
        manager.register_all(enabled=["shop_class:Shop", "shop"])

    assert caught.value.message == (
        "There are two plugins 'shop': one by settings (shop_class:Shop), one by entry point (covet-shop 1.0)."
    )


def test_plugin_of_another_application_is_refused() -> None:
    """It has been initialised, and would be a second time."""
    plugin = make_plugin("shop")
    CovetPy(plugins=[plugin])

    with pytest.raises(PluginConflictError) as caught:
        CovetPy(plugins=[plugin])

    assert str(caught.value) == (
        "The plugin 'shop' belongs to an application already.\n  Make one for each application: shop(…)."
    )


def test_nothing_is_registered_if_a_dependency_is_missing() -> None:
    """No plugin has got to know the application by then."""
    log: list[str] = []
    manager = PluginManager(CovetPy())

    with pytest.raises(PluginDependencyError):
        manager.register_all([make_plugin("cache", log=log), make_plugin("shop", needs=["database"], log=log)])

    assert (manager.list_plugins(), log) == ([], [])


async def test_plugin_that_comes_too_late_is_refused() -> None:
    """Once the application has begun to start it would be ignored in silence."""
    app = CovetPy()

    async with TestClient(app):
        with pytest.raises(ConfigurationError) as caught:
            app.plugin_manager.register(make_plugin("shop"))

    assert str(caught.value) == (
        "A plugin comes too late: the application is ready, and would not run it.\n"
        "  Declare it before the application starts."
    )


def test_plugin_cannot_register_another_one() -> None:
    """Its needs are what dependencies are for; the rest is not half registered."""

    def init_app(self: Plugin, app: CovetPy) -> None:
        app.plugin_manager.register(make_plugin("other"))

    with pytest.raises(PluginError) as caught:
        CovetPy(plugins=[make_plugin("shop", init_app=init_app)])

    assert str(caught.value) == (
        "A plugin cannot be registered from the init_app of another.\n"
        "  Name it in dependencies, and register both together."
    )
    assert caught.value.__notes__ == ["in init_app of the plugin 'shop'"]


def test_error_of_init_app_names_its_plugin() -> None:
    """The error is the plugin's own."""
    error = KeyError("routes")

    with pytest.raises(KeyError) as caught:
        make_manager(make_plugin("shop", fails={"init_app": error}))

    assert caught.value is error
    assert error.__notes__ == ["in init_app of the plugin 'shop'"]


async def test_plugin_that_failed_to_initialise_is_not_served() -> None:
    """Whoever catches the error of the registration gets it again at the start."""
    app = CovetPy()
    with pytest.raises(KeyError):
        app.plugin_manager.register_all(
            [make_plugin("shop", fails={"init_app": KeyError("routes")}), make_plugin("cart")]
        )

    with pytest.raises(PluginStateError) as caught:
        await app.startup()

    assert str(caught.value) == (
        "The plugin 'shop' cannot start: init_app has not run to its end. init_app() raised KeyError: 'routes'\n"
        "  Mend what it, or a plugin before it, raised when it was registered."
    )
    assert not app.is_ready


def test_optional_plugin_that_fails_to_initialise_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged with its error, and whoever needs it is skipped, and whoever needs that."""
    manager = make_manager(
        make_plugin("metrics", required=False, fails={"init_app": OSError("no disk")}),
        make_plugin("alerts", needs=["metrics"]),
        make_plugin("pager", needs=["alerts"]),
        make_plugin("shop"),
    )

    assert states(manager) == {
        "metrics": "failed",
        "shop": "initialised",
        "alerts": "skipped",
        "pager": "skipped",
    }
    assert dict(manager.degraded) == {
        "metrics": "init_app() raised OSError: no disk",
        "alerts": "it needs 'metrics', which failed",
        "pager": "it needs 'alerts', which was skipped",
    }
    assert [(record.levelname, record.getMessage().partition("\n")[0]) for record in caplog.records] == [
        (
            "ERROR",
            "The plugin 'metrics' is not there, the application runs without it: init_app() raised OSError: no disk",
        ),
        ("WARNING", "The plugin 'alerts' is skipped: it needs 'metrics', which failed."),
        ("WARNING", "The plugin 'pager' is skipped: it needs 'alerts', which was skipped."),
    ]


@pytest.mark.parametrize("is_same", [True, False], ids=["the same", "another one"])
async def test_plugin_that_failed_to_initialise_may_be_registered_again(is_same: bool) -> None:
    """And so may those whose turn never came; then all of them start."""
    fails: dict[str, BaseException] = {"init_app": KeyError("routes")}
    shop = make_plugin("shop", fails=fails, health_checks=give(ping=good))
    cart = make_plugin("cart", needs=["shop"])
    app = CovetPy()
    with pytest.raises(KeyError):
        app.plugin_manager.register_all([shop, cart])

    fails.clear()
    app.plugin_manager.register_all([shop, cart] if is_same else [type(shop), type(cart)])

    assert states(app.plugin_manager) == {"shop": "initialised", "cart": "initialised"}
    assert list(await app.plugin_manager.check_health()) == ["ping"]
    async with TestClient(app):
        assert app.plugin_manager.is_ready


def test_two_of_one_name_are_refused_though_one_failed() -> None:
    """What comes again is of the same class; and it comes once."""
    manager = make_manager(make_plugin("shop", required=False, fails={"init_app": OSError("no")}))
    again = type(manager.list_plugins()[0])

    with pytest.raises(PluginConflictError, match="There are two plugins 'shop'"):
        manager.register(make_plugin("shop"))
    with pytest.raises(PluginConflictError, match="There are two plugins 'shop'"):
        manager.register_all([again, again])


def test_health_checks_of_an_attempt_that_failed_are_not_in_the_way() -> None:
    """The next attempt names them again."""
    asked: list[str] = []

    def name_checks(self: Plugin) -> dict[str, Any]:
        asked.append(self.name)
        return {"one": good} if len(asked) > 1 else {"one": good, "taken": good}

    manager = make_manager(make_plugin("other", health_checks=give(taken=good)))
    shop = make_plugin("shop", health_checks=name_checks)
    with pytest.raises(PluginConflictError, match="both have a health check 'taken'"):
        manager.register(shop)

    manager.register(shop)

    assert states(manager) == {"other": "initialised", "shop": "initialised"}


@pytest.mark.parametrize("hook", ["init_app", "on_startup"])
async def test_secrets_in_errors_are_hidden(hook: str, caplog: pytest.LogCaptureFixture) -> None:
    """Passwords in URLs, the secrets of the settings and those of the plugin: in the reason and in the log."""
    error = ConnectionError("db://ada:enigma@host, hunter2 and open-sesame are refused")
    settings = Settings(
        security={"secret_key": "open-sesame"}, plugins={"shop": {"password": "hunter2"}}, sources=Sources.none()
    )
    app = CovetPy(plugins=[make_plugin("shop", required=False, fails={hook: error})], settings=settings)

    async with TestClient(app):
        degraded = dict(app.plugin_manager.degraded)

    mask = "**********"
    text = f"ConnectionError: db://ada:{mask}@host, {mask} and {mask} are refused"
    assert degraded == {"shop": f"{hook}() raised {text}"}
    assert "Traceback (most recent call last)" in caplog.text
    assert not any(secret in caplog.text for secret in ("enigma", "hunter2", "open-sesame"))
    assert app.plugin_manager.records[0].error is error


def test_nothing_is_bound_if_a_configuration_is_wrong() -> None:
    """What was bound would be taken as it is the next time, whatever the settings say by then."""
    one = make_plugin("one", Config=Greeting)
    two = make_plugin("two", fails={"validate_config": ConfigurationError("It is rude.")})
    app = CovetPy(settings=Settings(plugins={"one": {"text": "hi"}, "two": {"a": 1}}, sources=Sources.none()))

    with pytest.raises(ConfigurationError, match="It is rude"):
        app.plugin_manager.register_all([one, two])

    assert (dict(one.config), dict(two.config)) == ({}, {})
    other = CovetPy(plugins=[one])
    assert (one.app, one.config) == (other, Greeting())


# ── Start and stop ───────────────────────────────────────────────────────────


async def test_plugins_start_in_order_and_stop_in_reverse() -> None:
    """Each has what it needs for as long as it runs."""
    log: list[str] = []
    manager = make_manager(make_plugin("shop", needs=["database"], log=log), make_plugin("database", log=log))
    log.clear()

    await manager.startup_all()
    is_ready = manager.is_ready
    await manager.shutdown_all()

    assert log == ["on_startup database", "on_startup shop", "on_shutdown shop", "on_shutdown database"]
    assert (is_ready, manager.is_ready) == (True, False)
    assert states(manager) == {"database": "stopped", "shop": "stopped"}
    assert all(list(record.timings) == ["init_app", "on_startup", "on_shutdown"] for record in manager.records)


async def test_plugins_start_before_the_lifespan_of_their_application() -> None:
    """The lifespan and the startup handlers find them there; they end after those have."""
    log: list[str] = []
    app = CovetPy(plugins=[make_plugin("database", log=log)])
    app.on_startup(lambda: log.append("on_startup of the application"))
    app.on_shutdown(lambda: log.append("on_shutdown of the application"))

    async with TestClient(app):
        assert app.plugin_manager.is_ready

    assert log == [
        "validate_config database",
        "init_app database",
        "on_startup database",
        "on_startup of the application",
        "on_shutdown of the application",
        "on_shutdown database",
    ]


async def test_application_can_be_started_again() -> None:
    """What a stop ended begins anew; `init_app` does not run again."""
    log: list[str] = []
    app = CovetPy(plugins=[make_plugin("database", log=log)])

    for _ in range(2):
        async with TestClient(app):
            pass

    assert log == [
        "validate_config database",
        "init_app database",
        *["on_startup database", "on_shutdown database"] * 2,
    ]


async def test_failure_of_a_required_plugin_rolls_the_start_back() -> None:
    """What was started is stopped in reverse; what failed, and what came after it, never runs its stop."""
    log: list[str] = []
    error = ConnectionError("refused")
    app = CovetPy(
        plugins=[
            make_plugin("cache", log=log),
            make_plugin("database", log=log, fails={"on_startup": error}),
            make_plugin("shop", log=log),
        ]
    )
    log.clear()

    with pytest.raises(ConnectionError) as caught:
        await app.startup()

    assert caught.value is error
    assert error.__notes__ == ["while starting: plugin database"]
    assert log == ["on_startup cache", "on_startup database", "on_shutdown cache"]
    assert states(app.plugin_manager) == {"cache": "stopped", "database": "failed", "shop": "initialised"}
    assert not app.is_ready


async def test_application_runs_degraded_without_an_optional_plugin(caplog: pytest.LogCaptureFixture) -> None:
    """It serves; `degraded` says what is missing and why, and the stop leaves both alone."""
    log: list[str] = []
    app = CovetPy(
        plugins=[
            make_plugin("metrics", required=False, log=log, fails={"on_startup": ConnectionError("refused")}),
            make_plugin("alerts", needs=["metrics"], log=log),
            make_plugin("database", log=log),
        ]
    )
    log.clear()

    async with TestClient(app):
        manager = app.plugin_manager
        assert (app.is_ready, manager.is_ready) == (True, True)
        assert dict(manager.degraded) == {
            "metrics": "on_startup() raised ConnectionError: refused",
            "alerts": "it needs 'metrics', which failed",
        }

    assert log == ["on_startup metrics", "on_startup database", "on_shutdown database"]
    assert "runs without it: on_startup() raised ConnectionError: refused" in caplog.text


async def test_what_failed_once_may_start_the_next_time(caplog: pytest.LogCaptureFixture) -> None:
    """A restart tries the failed and the skipped again, and forgets why they were."""
    fails: dict[str, BaseException] = {"on_startup": ConnectionError("refused")}
    manager = make_manager(
        make_plugin("metrics", required=False, fails=fails), make_plugin("alerts", needs=["metrics"])
    )
    await manager.startup_all()
    await manager.shutdown_all()
    assert states(manager) == {"metrics": "failed", "alerts": "skipped"}

    fails.clear()
    await manager.startup_all()

    assert states(manager) == {"metrics": "started", "alerts": "started"}
    assert dict(manager.degraded) == {}
    await manager.shutdown_all()


async def test_failures_of_the_stop_come_together() -> None:
    """Every plugin is stopped, whatever the others do; none of the errors is lost."""
    log: list[str] = []
    manager = make_manager(
        make_plugin("one", log=log, fails={"on_shutdown": KeyError("one")}),
        make_plugin("two", log=log),
        make_plugin("three", log=log, fails={"on_shutdown": OSError("three")}),
    )
    await manager.startup_all()
    log.clear()

    with pytest.raises(ExceptionGroup) as caught:
        await manager.shutdown_all()

    assert log == ["on_shutdown three", "on_shutdown two", "on_shutdown one"]
    assert [(repr(exc), exc.__notes__) for exc in caught.value.exceptions] == [
        ("OSError('three')", ["while stopping: plugin three"]),
        ("KeyError('one')", ["while stopping: plugin one"]),
    ]
    assert states(manager) == {"one": "stopped", "two": "stopped", "three": "stopped"}
    assert [repr(record.error) for record in manager.records] == ["KeyError('one')", "None", "OSError('three')"]


async def wait_forever(self: Plugin) -> None:
    """Wait for what never comes."""
    await asyncio.Event().wait()


async def test_start_that_takes_too_long_is_given_up() -> None:
    """The error names the plugin, the hook and the limit."""
    manager = make_manager(make_plugin("slow", on_startup=wait_forever, startup_timeout=0.01))

    with pytest.raises(PluginTimeoutError) as caught:
        await manager.startup_all()

    assert str(caught.value).startswith("The plugin 'slow' did not end on_startup() within 0.01 s.\n")
    assert states(manager) == {"slow": "failed"}


async def test_stop_that_takes_too_long_does_not_hold_up_the_others() -> None:
    """Those that it needed are stopped all the same."""
    log: list[str] = []
    manager = make_manager(
        make_plugin("base", log=log), make_plugin("slow", on_shutdown=wait_forever, shutdown_timeout=0.01)
    )
    await manager.startup_all()

    with pytest.raises(ExceptionGroup) as caught:
        await manager.shutdown_all()

    assert [type(exc) for exc in caught.value.exceptions] == [PluginTimeoutError]
    assert log[-1] == "on_shutdown base"


async def test_time_limit_of_the_plugin_itself_is_its_own() -> None:
    """A `TimeoutError` from within is raised as it is."""
    error = TimeoutError("the database did not answer")
    manager = make_manager(make_plugin("database", fails={"on_startup": error}))

    with pytest.raises(TimeoutError) as caught:
        await manager.startup_all()

    assert caught.value is error


async def test_hooks_without_limit_run_as_long_as_they_need() -> None:
    """`None` is no limit."""
    log: list[str] = []
    manager = make_manager(make_plugin("shop", log=log, startup_timeout=None, shutdown_timeout=None))

    await manager.startup_all()
    await manager.shutdown_all()

    assert log[-2:] == ["on_startup shop", "on_shutdown shop"]


async def test_cancelled_start_is_rolled_back() -> None:
    """A server that gives up while a plugin starts leaves nothing running."""
    log: list[str] = []
    app = CovetPy(plugins=[make_plugin("base", log=log), make_plugin("slow", on_startup=wait_forever)])
    starting = asyncio.create_task(app.startup())
    while log[-1] != "on_startup base":
        await asyncio.sleep(0)

    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting

    assert log[-1] == "on_shutdown base"
    assert states(app.plugin_manager) == {"base": "stopped", "slow": "failed"}


async def test_plugins_cannot_be_started_twice() -> None:
    """An application that runs has started them already."""
    app = CovetPy(plugins=[make_plugin("shop")])

    async with TestClient(app):
        with pytest.raises(PluginStateError) as caught:
            await app.plugin_manager.startup_all()
        assert states(app.plugin_manager) == {"shop": "started"}

    assert str(caught.value) == "The plugin 'shop' is started, it cannot become starting."


# ── Configuration ────────────────────────────────────────────────────────────


def test_sections_without_plugin_are_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    """A misspelt section would be ignored in silence otherwise."""
    settings = Settings(sources=Sources.none(), plugins={"shpo": {"greeting": "hi"}})
    manager = PluginManager(CovetPy(), settings=settings)
    manager.register(make_plugin("shop"))

    with caplog.at_level(logging.WARNING):
        manager.make_steps()

    assert caplog.messages == [
        (
            "The settings have a section [plugins.shpo], and no plugin 'shpo' is there. "
            "Did you mean 'shop'? Available: shop."
        )
    ]


# ── Contributions ────────────────────────────────────────────────────────────


def give(**checks: Any) -> Callable[[Plugin], dict[str, Any]]:
    """Make a hook that gives some things by name."""
    return lambda self: dict(checks)


async def good() -> None:
    """Find all well."""


def make_check(answer: bool) -> Callable[[], Awaitable[bool]]:
    """Make a check that answers so."""

    async def check() -> bool:
        return answer

    return check


async def test_health_of_all_plugins_is_checked_at_once() -> None:
    """Those of a plugin that is not there are not asked."""
    manager = make_manager(
        make_plugin("database", health_checks=give(ping=make_check(True), replica=make_check(False))),
        make_plugin(
            "metrics", required=False, health_checks=give(push=good), fails={"on_startup": ConnectionError("refused")}
        ),
    )
    await manager.startup_all()

    reports = await manager.check_health()

    assert {name: (report.plugin, report.is_healthy) for name, report in reports.items()} == {
        "ping": ("database", True),
        "replica": ("database", False),
    }
    await manager.shutdown_all()


def test_health_checks_of_the_same_name_are_refused() -> None:
    """The error names both plugins."""
    with pytest.raises(PluginConflictError) as caught:
        make_manager(
            make_plugin("one", health_checks=give(ping=good)), make_plugin("two", health_checks=give(ping=good))
        )

    assert str(caught.value) == (
        "The plugins 'one' and 'two' both have a health check 'ping'.\n  Put the plugin's name before it: 'two.ping'."
    )


def test_commands_are_asked_for_when_they_are_wanted() -> None:
    """Each with the plugin that it is of; not of those that were not initialised."""
    asked: list[str] = []

    def commands(self: Plugin) -> dict[str, object]:
        asked.append(self.name)
        return {f"{self.name}-migrate": "database.commands:migrate"}

    manager = make_manager(
        make_plugin("database", commands=commands),
        make_plugin("broken", required=False, commands=commands, fails={"init_app": OSError("no")}),
    )
    assert asked == []

    assert manager.list_commands() == {"database-migrate": ("database", "database.commands:migrate")}
    assert asked == ["database"]


def test_commands_of_the_same_name_are_refused() -> None:
    """The error names both plugins."""
    manager = make_manager(
        make_plugin("one", commands=give(migrate="a:b")), make_plugin("two", commands=give(migrate="a:b"))
    )

    with pytest.raises(PluginConflictError) as caught:
        manager.list_commands()

    assert str(caught.value) == (
        "The plugins 'one' and 'two' both have a command 'migrate'.\n  Make one group of each plugin's commands: 'two'."
    )


def look() -> str | None:
    """Find all well."""
    return None


def test_checks_are_asked_for_when_they_are_wanted() -> None:
    """Each with the plugin that it is of; not of those that were not initialised."""
    check = Check("S1", "error", "shop", "Restock.", look)
    manager = make_manager(
        make_plugin("shop", checks=lambda self: [check]),
        make_plugin("broken", required=False, checks=lambda self: [check], fails={"init_app": OSError("no")}),
    )

    assert manager.list_checks() == [("shop", check)]


def test_two_plugins_of_a_class_have_checks_of_one_id() -> None:
    """As two databases do; what is of another class has ids of its own."""
    shop = make_plugin("shop", checks=lambda self: [Check("S1", "error", "shop", "Restock.", look)])
    second = type(shop)()
    second.__dict__["name"] = "second"
    other = make_plugin("other", checks=lambda self: [Check("S1", "error", "other", "Wipe it.", look)])

    assert [name for name, _ in make_manager(shop, second).list_checks()] == ["shop", "second"]
    with pytest.raises(PluginConflictError) as caught:
        make_manager(
            make_plugin("shop", checks=lambda self: [Check("S1", "error", "shop", "Restock.", look)]), other
        ).list_checks()

    assert str(caught.value) == (
        "The plugins 'shop' and 'other' both have a check 'S1'.\n  Put the plugin's name before it: 'other.S1'."
    )


def test_what_is_no_check_is_refused() -> None:
    """The error says what is one."""
    with pytest.raises(PluginError) as caught:
        make_manager(make_plugin("shop", checks=lambda self: [look.__name__])).list_checks()

    assert str(caught.value) == (
        "checks() of the plugin 'shop' gives what is no check: 'look'.\n  Return a list of covet.checks.Check."
    )
