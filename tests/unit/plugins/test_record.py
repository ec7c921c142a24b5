"""
The states of a plugin: what may follow what.
"""

import itertools

import pytest

from covet.plugins import PluginOrigin, PluginRecord, PluginState, PluginStateError
from tests.unit.plugins.plugin_classes import make_plugin

LIVES = [
    ["initialised", "starting", "started", "stopping", "stopped"],
    ["initialised", "starting", "started", "stopping", "stopped", "starting", "failed", "starting", "started"],
    ["initialised", "skipped", "starting", "started"],
    ["initialised", "starting", "failed", "skipped", "skipped"],
    ["failed"],
    ["skipped"],
]
# Every pair that stands in no life above, nor in these.
ALLOWED = {pair for life in LIVES for pair in itertools.pairwise(["registered", *life])} | {("stopped", "skipped")}
FORBIDDEN = [
    (one.value, other.value)
    for one, other in itertools.product(PluginState, PluginState)
    if (one.value, other.value) not in ALLOWED
]


def make_record() -> PluginRecord:
    """Make a record of a plugin that was just registered."""
    return PluginRecord(make_plugin("shop"), PluginOrigin("argument"))


@pytest.mark.parametrize("life", LIVES, ids=",".join)
def test_a_life_goes_from_state_to_state(life: list[str]) -> None:
    """Started and stopped as often as its application is; a failed start may be tried again."""
    record = make_record()

    for state in life:
        record.move(PluginState(state))

    assert record.state.value == life[-1]


@pytest.mark.parametrize(("before", "after"), FORBIDDEN)
def test_all_other_ways_are_refused(before: str, after: str) -> None:
    """The error names the plugin and both states."""
    record = make_record()
    record.state = PluginState(before)

    with pytest.raises(PluginStateError) as caught:
        record.move(PluginState(after))

    assert str(caught.value) == f"The plugin 'shop' is {before}, it cannot become {after}."
    assert (caught.value.plugin, caught.value.step) == ("shop", after)


def test_failure_keeps_its_error() -> None:
    """And the reason, as it may be shown."""
    record = make_record()
    error = ConnectionError("refused")

    record.fail(error, "init_app() raised ConnectionError: refused")

    assert record.error is error
    assert record.reason == "init_app() raised ConnectionError: refused"
    assert record.is_absent


def test_new_attempt_forgets_the_failure() -> None:
    """What failed once and runs now is there."""
    record = make_record()
    record.move(PluginState.INITIALISED)
    record.move(PluginState.STARTING)
    record.fail(ConnectionError("refused"), "on_startup() raised ConnectionError: refused")

    record.move(PluginState.STARTING)

    assert (record.error, record.reason, record.is_absent) == (None, "", False)


def test_time_is_noted_though_the_hook_raises() -> None:
    """A slow failure is worth knowing, too."""
    record = make_record()

    with pytest.raises(KeyError), record.time("init_app"):
        raise KeyError

    assert list(record.timings) == ["init_app"]
    assert record.timings["init_app"] >= 0


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        (PluginOrigin("argument"), "argument"),
        (PluginOrigin("entry point", "covet-shop 1.2"), "entry point (covet-shop 1.2)"),
    ],
)
def test_origin_says_where_a_plugin_comes_from(origin: PluginOrigin, text: str) -> None:
    """With the distribution or the import string, if there is one."""
    assert str(origin) == text


def test_record_shows_name_and_state() -> None:
    """For a debugger."""
    assert repr(make_record()) == "<PluginRecord 'shop': registered>"
