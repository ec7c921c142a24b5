"""
Random sets of plugins, of which random ones fail: the rules hold for all of them.
"""

import asyncio
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from covet import CovetPy
from tests.unit.plugins.plugin_classes import make_plugin

HOOKS = ("init_app", "on_startup", "on_shutdown")


@dataclass(frozen=True)
class Drawn:
    """
    What Hypothesis says of one plugin.
    """

    needs: frozenset[int]
    required: bool
    fails: frozenset[str]


drawn_plugins = st.lists(
    st.builds(
        Drawn,
        needs=st.frozensets(st.integers(0, 7), max_size=3),
        required=st.booleans(),
        fails=st.frozensets(st.sampled_from(HOOKS), max_size=1) | st.just(frozenset()),
    ),
    min_size=1,
    max_size=8,
)


@dataclass
class Expected:
    """
    What the rules say: what is noted, what is absent, and whether the application runs.
    """

    log: list[str]
    absent: set[int]
    runs: bool


def find_needs(plugins: list[Drawn], number: int) -> list[int]:
    """List what a plugin needs: earlier ones only, so that there is no circle."""
    return sorted(need for need in plugins[number].needs if need < number)


def run_rules(plugins: list[Drawn], order: list[int]) -> Expected:
    """
    Do by hand what the manager promises.
    """
    log: list[str] = []
    absent: set[int] = set()
    for hook in ("init_app", "on_startup"):
        started: list[int] = []
        for number in order:
            if number in absent or absent.intersection(find_needs(plugins, number)):
                absent.add(number)
                continue
            log.append(f"{hook} p{number}")
            if hook not in plugins[number].fails:
                started.append(number)
                continue
            absent.add(number)
            if plugins[number].required:
                if hook == "on_startup":
                    log += [f"on_shutdown p{other}" for other in reversed(started)]
                return Expected(log, absent, runs=False)
    log += [f"on_shutdown p{number}" for number in reversed(started)]
    return Expected(log, absent, runs=True)


@given(drawn_plugins, st.randoms(use_true_random=False))
def test_the_rules_hold_for_any_plugins(plugins: list[Drawn], random: object) -> None:
    """
    Order, rollback, skipping and stop are those of the rules, in whatever order the plugins are given.
    """
    log: list[str] = []
    made = [
        make_plugin(
            f"p{number}",
            needs=[f"p{need}" for need in find_needs(plugins, number)],
            required=drawn.required,
            fails={hook: ConnectionError(hook) for hook in drawn.fails},
            log=log,
            validate_config=lambda self: None,
        )
        for number, drawn in enumerate(plugins)
    ]
    random.shuffle(made)  # type: ignore[attr-defined]
    app = CovetPy()
    is_made = runs = False
    failures: list[BaseException] = []

    async def live() -> None:
        nonlocal runs
        await app.startup()
        runs = app.is_ready
        await app.shutdown()

    try:
        app.plugin_manager.register_all(made)
        is_made = True
        asyncio.run(live())
    except Exception as exc:
        failures = list(exc.exceptions) if isinstance(exc, ExceptionGroup) else [exc]

    order = [int(plugin.name[1:]) for plugin in app.plugin_manager.list_plugins()]
    expected = run_rules(plugins, order)
    assert all(order.index(need) < order.index(number) for number in order for need in find_needs(plugins, number))
    assert log == expected.log
    assert runs is expected.runs
    if is_made:
        assert set(app.plugin_manager.degraded) == {f"p{number}" for number in expected.absent}
    failing_stops = [
        entry for entry in log if entry.startswith("on_shutdown") and "on_shutdown" in plugins[int(entry[-1])].fails
    ]
    assert len(failures) == len(failing_stops) + (not expected.runs)
