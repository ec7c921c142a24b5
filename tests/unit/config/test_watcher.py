"""
Settings that follow their files.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from covet.config import (
    ConfigurationError,
    Environment,
    InvalidSettingsError,
    Settings,
    SettingsChange,
    Sources,
    section,
)
from covet.config import watcher as watcher_module
from covet.config.files import find_stamp
from covet.config.watcher import ChangedValue, SettingsWatcher

Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Put a file into its place in one step, as deployments do."""

    def replace(text: str, name: str = "config.toml") -> None:
        (tmp_path / "written").write_text(text)
        (tmp_path / "written").replace(tmp_path / name)

    return replace


@pytest.fixture
def sources(tmp_path: Path, write: Write) -> Sources:
    """A directory with a file, and nothing else."""
    write("[logging]\nlevel = 'info'\n")
    return Sources(directory=tmp_path, secrets=None, variables={})


@section
class Taste:
    """A section with a check that raises what nobody expects."""

    sugar: int = 0

    def __post_init__(self) -> None:
        if self.sugar > 1:
            raise KeyError("sweet")


class Picky(Settings):
    """Settings with that section."""

    taste: Taste


def watch(settings: Settings) -> SettingsWatcher[Settings]:
    """Watch without waiting."""
    return settings.watch(interval=0, settle=0)


async def test_reloadable_fields_are_taken_over(sources: Sources, write: Write) -> None:
    """The others are listed as what needs a restart, and keep their values."""
    settings = Settings(sources=sources)
    watcher = watch(settings)
    write("[logging]\nlevel = 'debug'\n[server]\nport = 9\n[plugins.a]\nb = 1\n")

    change = await watcher.check()

    assert change is not None
    assert change.before is settings
    assert change.after is watcher.current
    assert (watcher.current.logging.level, watcher.current.server.port) == ("debug", 8000)
    assert watcher.current.plugins == {}
    assert str(change) == (
        "changed: logging.level: 'info' -> 'debug'\n"
        "needs restart: server.port: 8000 -> 9\n"
        "needs restart: plugins.a: None -> {'b': 1}"
    )
    assert change.changed[0].origin == watcher.current.explain().find("logging.level").origin
    assert (settings.logging.level, settings.server.port) == ("info", 8000)


async def test_nothing_new_is_no_change(sources: Sources, write: Write) -> None:
    """Neither without a write, nor with one that changes no value, nor for one that was told before."""
    watcher = watch(Settings(sources=sources))

    assert await watcher.check() is None
    write("# the same\n[logging]\nlevel = 'info'\n")
    assert await watcher.check() is None
    write("[server]\nport = 9\n")
    assert await watcher.check() is not None
    write("# again\n[server]\nport = 9\n")
    assert await watcher.check() is None


async def test_a_broken_file_changes_nothing(sources: Sources, write: Write, caplog: pytest.LogCaptureFixture) -> None:
    """The report is logged once; the next good file is taken over."""
    watcher = watch(Settings(sources=sources))
    write("[logging]\nlevel = 'loud'\n[server]\nport = 'x'\n")

    assert await watcher.check() is None
    assert await watcher.check() is None
    assert watcher.current.logging.level == "info"
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "The settings in use are kept: what is new is not good. 2 settings are wrong." in caplog.text
    write("[logging]\nlevel = 'debug'\n")
    change = await watcher.check()
    assert change is not None
    assert change.after.logging.level == "debug"


async def test_the_file_that_mends_a_broken_one_is_seen(sources: Sources, write: Write, tmp_path: Path) -> None:
    """Also if it is another than those that were read at the start."""
    (tmp_path / "config.staging.toml").write_text("[logging]\nlevel = 'loud'\n")
    watcher = watch(Settings(sources=sources))
    write("environment = 'staging'\n")
    found = [await watcher.check()]

    write("[logging]\nlevel = 'debug'\n", "config.staging.toml")
    found.append(await watcher.check())

    assert found[0] is None
    assert found[1] is not None
    assert {value.path: value.after for value in found[1].needs_restart}["logging.level"] == "debug"


async def test_whatever_a_check_raises_changes_nothing(
    sources: Sources, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    """It is part of the report, and watching goes on."""
    watcher = Picky(sources=sources).watch(interval=0, settle=0)
    write("[taste]\nsugar = 2\n")

    assert await watcher.check() is None
    write("[taste]\nsugar = 1\n")
    change = await watcher.check()

    assert change is not None
    assert [str(value) for value in change.needs_restart] == ["taste.sugar: 0 -> 1"]
    assert len(caplog.messages) == 1
    assert "taste is wrong: KeyError: 'sweet'." in caplog.text


async def test_an_error_of_the_reading_itself_changes_nothing(
    sources: Sources, write: Write, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, without the passwords within it; the next state of the files is read again."""
    watcher = watch(Settings(sources=sources))
    write("[logging]\nlevel = 'error'\n")

    def fail(_: Settings) -> Settings:
        raise RuntimeError("no vault at https://ada:enigma@vault")

    with monkeypatch.context() as patched:
        patched.setattr(Settings, "read_again", fail)
        assert await watcher.check() is None
        assert await watcher.check() is None
    write("[logging]\nlevel = 'debug'\n")
    change = await watcher.check()

    assert change is not None
    assert change.after.logging.level == "debug"
    assert caplog.messages == [
        "The settings in use are kept: what is new is not good. RuntimeError: no vault at https://ada:**********@vault"
    ]


async def test_what_is_dangerous_is_not_taken_over(tmp_path: Path, write: Write) -> None:
    """A file is checked as at the start: production stays safe."""
    write("environment = 'production'\n")
    watcher = watch(Settings(sources=Sources(directory=tmp_path, secrets=None, variables={})))
    write("environment = 'production'\ndebug = true\n[logging]\nlevel = 'debug'\n")

    assert await watcher.check() is None
    assert watcher.current.logging.level == "info"


async def test_keyword_arguments_stay_the_strongest(sources: Sources, write: Write) -> None:
    """Those of `replace` as well."""
    settings = Settings(sources=sources, logging={"level": "error"}).replace(database={"echo": True})
    watcher = watch(settings)
    write("[logging]\nlevel = 'debug'\nformat = 'json'\n[database]\necho = false\n")

    change = await watcher.check()

    assert change is not None
    assert [value.path for value in change.changed] == ["logging.format"]
    assert (change.after.logging.level, change.after.database.echo) == ("error", True)


async def test_what_was_taken_over_stays(sources: Sources, write: Write) -> None:
    """Later changes, and `replace`, start from it; what is gone from the file is the default again."""
    watcher = watch(Settings(sources=sources))
    write("[logging]\nlevel = 'debug'\n[database]\necho = true\n")
    await watcher.check()

    replaced = watcher.current.replace(server={"port": 1}, logging={"level": "error"})
    write("[database]\necho = true\n")
    change = await watcher.check()

    assert (replaced.logging.level, replaced.database.echo, replaced.server.port) == ("error", True, 1)
    assert change is not None
    assert (change.after.logging.level, change.after.database.echo) == ("info", True)


async def test_files_that_come_and_go_are_seen(sources: Sources, write: Write, tmp_path: Path) -> None:
    """Those of the environment, `.env` and the whole configuration file."""
    watcher = watch(Settings(sources=sources))
    seen = []

    write("[logging]\nlevel = 'error'\n", "config.development.toml")
    seen.append(await watcher.check())
    write("COVET_LOGGING_LEVEL=warning\n", ".env")
    seen.append(await watcher.check())
    for name in (".env", "config.development.toml", "config.toml"):
        (tmp_path / name).unlink()
    seen.append(await watcher.check())

    assert [change and change.after.logging.level for change in seen] == ["error", "warning", "info"]


async def test_secret_files_that_come_are_seen(tmp_path: Path) -> None:
    """A directory of secrets is a source like others."""
    sources = Sources(directory=tmp_path, use_files=False, dotenv=None, secrets=tmp_path, variables={})
    watcher = watch(Settings(sources=sources))
    (tmp_path / "logging__level").write_text("debug\n")

    change = await watcher.check()

    assert change is not None
    assert change.after.logging.level == "debug"


async def test_what_was_written_before_watching_is_seen(sources: Sources, write: Write) -> None:
    """A change between loading and watching is not lost."""
    settings = Settings(sources=sources)
    write("[logging]\nlevel = 'debug'\n")

    change = await watch(settings).check()

    assert change is not None
    assert change.after.logging.level == "debug"


async def test_files_are_read_when_they_rest(sources: Sources, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a deployment is never taken for the whole: all files are read again if one changed meanwhile."""
    settings = Settings(sources=sources)
    watcher = watch(settings)
    write("[logging]\nlevel = 'error'\n")
    read, states = Settings.read_again, []

    def read_and_write(self: Settings) -> Settings:
        newer = read(self)
        states.append(newer.logging.level)
        if len(states) == 1:
            write("[logging]\nlevel = 'debug'\n")
        return newer

    monkeypatch.setattr(Settings, "read_again", read_and_write)

    change = await watcher.check()

    assert states == ["error", "debug"]
    assert change is not None
    assert change.after.logging.level == "debug"


async def test_a_file_that_is_being_written_is_waited_for(
    sources: Sources, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read once two looks in a row saw the same."""
    watcher = watch(Settings(sources=sources))
    write("[logging]\nlevel = 'er")
    pieces = iter(["[logging]\nlevel = 'error'", "[logging]\nlevel = 'debug'\n"])
    look = watcher_module._read_stamps

    def look_and_write(files: tuple[Path, ...]) -> object:
        stamps = look(files)
        for piece in pieces:
            write(piece)
            break
        return stamps

    monkeypatch.setattr(watcher_module, "_read_stamps", look_and_write)

    change = await watcher.check()

    assert change is not None
    assert change.after.logging.level == "debug"


async def test_several_workers_come_to_the_same(sources: Sources, write: Write) -> None:
    """Each watches by itself, whatever it saw in between."""
    watchers = [watch(Settings(sources=sources)) for _ in range(8)]

    for level in ("debug", "error", "warning"):
        write(f"[logging]\nlevel = '{level}'\n[security]\nrate_limit_requests = {len(level)}\n")
        await asyncio.gather(*(watcher.check() for watcher in watchers[:: len(level) % 3 + 1]))
    await asyncio.gather(*(watcher.check() for watcher in watchers))

    found = {(item.current.logging.level, item.current.security.rate_limit_requests) for item in watchers}
    assert found == {("warning", 7)}


async def test_a_change_is_found_once(sources: Sources, write: Write) -> None:
    """Whoever else looks at the same moment finds nothing new."""
    watcher = watch(Settings(sources=sources))
    write("[logging]\nlevel = 'debug'\n")

    found = await asyncio.gather(*(watcher.check() for _ in range(5)))

    assert [change is not None for change in found] == [True, False, False, False, False]


async def test_changes_can_be_looped_over(sources: Sources, write: Write) -> None:
    """The loop waits for the next change."""
    watcher = watch(Settings(sources=sources))
    found: list[SettingsChange[Settings]] = []

    async def follow() -> None:
        async for change in watcher:
            found.append(change)
            if len(found) == 2:
                return
            write("[logging]\nlevel = 'error'\n")

    write("[logging]\nlevel = 'debug'\n")
    await asyncio.wait_for(follow(), 10)

    assert [change.after.logging.level for change in found] == ["debug", "error"]


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_function_is_called_with_each_change(
    sources: Sources, write: Write, is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """What it raises is logged and stops nothing; the settings are in use when it is called."""
    watcher = watch(Settings(sources=sources))
    seen: list[str] = []
    is_seen = asyncio.Event()

    def note(change: SettingsChange[Settings]) -> None:
        seen.append(watcher.current.logging.level)
        is_seen.set()
        if change.after is watcher.current:
            raise ValueError("not today")

    async def note_later(change: SettingsChange[Settings]) -> None:
        await asyncio.sleep(0)
        note(change)

    running = asyncio.create_task(watcher.run(note_later if is_async else note))
    for level in ("debug", "error"):
        write(f"[logging]\nlevel = '{level}'\n")
        await asyncio.wait_for(is_seen.wait(), 10)
        is_seen.clear()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert seen == ["debug", "error"]
    assert running.cancelled()
    assert [record.message for record in caplog.records] == ["The settings have changed, but on_change failed."] * 2
    assert all(record.exc_info and str(record.exc_info[1]) == "not today" for record in caplog.records)


async def test_files_are_read_off_the_event_loop(
    sources: Sources, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the looks at the files nor loading them hold up a request."""
    watcher = watch(Settings(sources=sources))
    write("[logging]\nlevel = 'debug'\n")
    look, read, threads = find_stamp, Settings.read_again, set[int]()

    def note_look(file: Path) -> object:
        threads.add(threading.get_ident())
        return look(file)

    def note_read(self: Settings) -> Settings:
        threads.add(threading.get_ident())
        return read(self)

    monkeypatch.setattr(watcher_module, "find_stamp", note_look)
    monkeypatch.setattr(Settings, "read_again", note_read)

    assert await watcher.check() is not None
    assert threads
    assert threading.get_ident() not in threads


async def test_warnings_are_logged(sources: Sources, write: Write, caplog: pytest.LogCaptureFixture) -> None:
    """There is no line of the program to point to."""
    watcher = watch(Settings(sources=sources))
    write("COVET_NONSENSE=1\n", ".env")

    await watcher.check()

    assert "sets nothing: there is no such setting" in caplog.text


async def test_new_values_that_contradict_old_ones_are_kept_out(
    sources: Sources, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    """Both the old and the new settings may be good, and a mixture of them not."""
    from dataclasses import dataclass

    from covet.config import Reloadable

    @dataclass(frozen=True, kw_only=True)
    class Pool:
        least: int = 1
        most: Reloadable[int] = 2

        def __post_init__(self) -> None:
            if self.least > self.most:
                raise ValueError("least is greater than most")

    class Mixed(Settings):
        pool: Pool

    write("[pool]\nleast = 5\nmost = 6\n")
    watcher = Mixed(sources=sources).watch(interval=0, settle=0)
    write("[pool]\nleast = 1\nmost = 2\n")

    assert await watcher.check() is None
    assert watcher.current.pool == Pool(least=5, most=6)
    assert "The settings in use are kept: a restart is needed." in caplog.text


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan"), "1", True])
def test_an_interval_is_a_number_of_seconds(seconds: float) -> None:
    """Whatever else it is, the watcher says so before it starts."""
    with pytest.raises(ConfigurationError, match="interval must be a number of seconds, 0 or more, got"):
        Settings(sources=Sources.none()).watch(interval=seconds)


def test_a_changed_value_hides_secrets() -> None:
    """A change is logged."""
    value = ChangedValue("database.password", "hunter2", "hunter3", None, is_reloadable=False)

    assert repr(value) == "<ChangedValue database.password: ********** -> **********>"


async def test_a_change_of_a_secret_file_shows_nothing(tmp_path: Path) -> None:
    """Neither what it held, nor what it holds, nor what stands in the open from now on."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "app_name").write_text("hunter2")
    sources = Sources(directory=tmp_path, secrets="secrets", variables={})
    watcher = watch(Settings(sources=sources))
    shown = []

    (tmp_path / "secrets" / "app_name").write_text("hunter3")
    shown.append(str(await watcher.check()))
    (tmp_path / "secrets" / "app_name").unlink()
    (tmp_path / "config.toml").write_text("app.name = 'Shop'\n")
    shown.append(str(await watcher.check()))

    assert shown == ["needs restart: app.name: ********** -> **********"] * 2


async def test_a_change_of_a_plugins_table_hides_path_by_path(sources: Sources, write: Write, tmp_path: Path) -> None:
    """What is referred to as a whole is not shown, all else is; a dot in a key confuses nothing."""
    write("[plugins.'a.b']\ndsn = '${DSN}'\npins = ['${DSN}']\nsize = 1\n")
    write("DSN=hunter2\n", ".env")
    watcher = watch(Settings(sources=sources))
    write("DSN=hunter3\n", ".env")

    change = await watcher.check()

    mask = "**********"
    table = f"{{'dsn': '{mask}', 'pins': '{mask}', 'size': 1}}"
    assert str(change) == f"needs restart: plugins.a.b: {table} -> {table}"


def test_another_environment_waits_for_the_restart() -> None:
    """All of it: with half of its defaults the application would run in none."""
    settings = Settings(sources=Sources.none())
    newer = settings.replace(environment="prod", logging={"level": "debug"})

    adopted = settings.adopt(newer)

    assert adopted.environment is Environment.DEVELOPMENT
    assert (adopted.logging.level, adopted.logging.format) == ("info", "text")
    assert {"environment", "logging.level", "logging.format"} <= {value.path for value in settings.compare(newer)}
    assert not any(value.is_reloadable for value in settings.compare(newer))


async def test_file_that_changes_the_environment_changes_nothing_else(sources: Sources, write: Write) -> None:
    """Until it is as it was: then its other values are taken over as ever."""
    watcher = watch(Settings(sources=sources))
    write("environment = 'production'\n[logging]\nlevel = 'debug'\n")
    change = await watcher.check()
    held = (watcher.current.logging.level, watcher.current.logging.format)

    write("[logging]\nlevel = 'debug'\n")
    await watcher.check()

    assert change is not None
    assert change.changed == ()
    assert held == ("info", "text")
    assert watcher.current.logging.level == "debug"


def test_adopting_keeps_the_class() -> None:
    """Its checks as well."""
    settings = Settings(sources=Sources.none())

    adopted = settings.adopt(settings.replace(logging={"level": "debug"}))

    with pytest.raises(InvalidSettingsError):
        adopted.replace(logging={"level": "loud"})
