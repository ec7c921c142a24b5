"""
What differs between two settings.
"""

import pytest

from covet.config import ChangedValue, Settings, Sources

SETTINGS = Settings(sources=Sources.none(), plugins={"shop": {"size": 1}, "cart": {}})


def test_equal_values_are_no_difference() -> None:
    """However they were set."""
    assert SETTINGS.compare(SETTINGS.replace(logging={"level": "info"})) == ()


@pytest.mark.parametrize(("environment", "is_reloadable"), [("development", True), ("testing", False)])
def test_values_are_reloadable_within_an_environment(environment: str, is_reloadable: bool) -> None:
    """In another one everything waits for the restart."""
    newer = SETTINGS.replace(environment=environment, logging={"level": "debug"}, server={"port": 1})

    found = {value.path: value.is_reloadable for value in SETTINGS.compare(newer)}

    assert (found["logging.level"], found["server.port"]) == (is_reloadable, False)


def test_tables_of_others_differ_one_by_one() -> None:
    """Those that are new, gone or changed; what is secret in them is not shown."""
    newer = SETTINGS.replace(plugins={"shop": {"api_key": "hunter2-hunter2"}, "mail": {"host": "a"}})

    found = SETTINGS.compare(newer)

    assert [(type(value), value.path, value.is_reloadable) for value in found] == [
        (ChangedValue, "plugins.mail", False),
        (ChangedValue, "plugins.shop", False),
    ]
    assert "hunter2" not in repr(found)
