"""
Layers of values.
"""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.config import Origin, ServerSettings, Settings
from covet.config.layers import Entry, Layer, LayerReader, make_file_entry, merge, nest
from covet.config.names import VariableNames

SHAPE = Settings.read_shape()
NAMES = VariableNames(SHAPE, "COVET_")


def make(path: tuple[str, ...], value: object) -> Entry:
    """Make an entry whose origin names where the value was written."""
    return Entry(value, Origin("test", ".".join(path)))


def values_of(layer: Layer) -> dict[str, object]:
    """Show a layer by its paths."""
    return {".".join(path): entry.value for path, entry in layer.items()}


@pytest.fixture
def reader() -> LayerReader:
    """A reader of everything that Settings has."""
    return LayerReader(SHAPE, [], [])


@pytest.mark.parametrize(
    ("data", "values"),
    [
        ({"debug": True, "server": {"port": 1}}, {"debug": True, "server.port": 1}),
        ({"app": {"environment": "prod", "name": "x"}}, {"environment": "prod", "app.name": "x"}),
        ({"server": '{"port": 1}'}, {"server.port": 1}),
        (
            {"plugins": {"a": {"b": {"c": 1}, "d": [1]}}},
            {"plugins.a": {}, "plugins.a.b": {}, "plugins.a.b.c": 1, "plugins.a.d": [1]},
        ),
        ({"plugins": {"a": {}}}, {"plugins.a": {}}),
        ({}, {}),
    ],
)  # fmt: skip
def test_tables_become_entries(reader: LayerReader, data: dict[str, object], values: dict[str, object]) -> None:
    """Each value has its path; the tables of plugins are open."""
    assert values_of(reader.read_tables(data, make)) == values
    assert reader.problems == []


def test_a_section_may_be_an_object(reader: LayerReader) -> None:
    """An object says all of its fields."""
    layer = reader.read_tables({"server": ServerSettings(port=1)}, make)

    assert layer[("server", "port")].value == 1
    assert len(layer) == 17


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"databasee": {}}, "databasee is no setting. Did you mean 'database'? Available: app, cache, "),
        ({"server": {"prot": 1}}, "server.prot is no setting. Did you mean 'port'? Available: access_log, "),
        ({"port": 1}, "port is no setting. Did you mean 'server.port'?"),
        ({"server": 5}, "server must be a table, got 5 (test server)."),
        ({"server": None}, "server must be a table, got None (test server)."),
        ({"plugins": 5}, "plugins must be a table of tables, got 5 (test plugins)."),
        (
            {"environment": "a", "app": {"environment": "b"}},
            "environment is given twice in one place, the second time as 'app.environment' (test app.environment).",
        ),
    ],
)  # fmt: skip
def test_what_fits_nowhere_is_a_problem(reader: LayerReader, data: dict[str, object], problem: str) -> None:
    """Unknown names come with a suggestion."""
    reader.read_tables(data, make)

    assert [str(found)[: len(problem)] for found in reader.problems] == [problem]


def test_names_with_dots_are_paths(reader: LayerReader) -> None:
    """A command line has no tables."""
    layer = reader.read_dotted({"server.port": "1", "debug": "on"}, make)

    assert values_of(layer) == {"server.port": "1", "debug": "on"}


def variables(**values: str) -> list[tuple[str, Entry]]:
    """Make the entries of variables."""
    return [(name, Entry(value, Origin("environment", name))) for name, value in values.items()]


def test_variables_become_entries(reader: LayerReader) -> None:
    """Whole sections may be JSON; other programs' variables are left alone."""
    found = variables(
        COVET_DB_URL="x",
        COVET_CACHE='{"backend": "redis"}',
        COVET_PLUGINS__A__B="1",
        COVET_PLUGINS__C='{"d": [2]}',
        HOME="/",
        COVET_TEST_X="1",
    )

    layer = reader.read_variables(found, NAMES)

    assert values_of(layer) == {
        "database.url": "x",
        "cache.backend": "redis",
        "plugins.a.b": "1",
        "plugins.c": {},
        "plugins.c.d": [2],
    }
    assert reader.warnings == []


def test_unknown_variables_are_warned_about(reader: LayerReader) -> None:
    """A slip in a name would otherwise be a setting that silently is not set."""
    reader.read_variables(variables(COVET_DATABSE_URL="x", COVET_ZZZZZZ="y"), NAMES)

    assert reader.warnings == [
        (
            "COVET_DATABSE_URL in the environment sets nothing: there is no such setting. "
            "Did you mean 'COVET_DATABASE_URL'?"
        ),
        (
            "COVET_ZZZZZZ in the environment sets nothing: there is no such setting. "
            "Remove it, or see `covet config schema` for the names."
        ),
    ]


def test_two_names_of_one_setting_are_warned_about(reader: LayerReader) -> None:
    """The regular name wins; the same value twice is no contradiction."""
    layer = reader.read_variables(variables(COVET_DATABASE__URL="a", COVET_DB_URL="b"), NAMES)
    reader.read_variables(variables(COVET_DATABASE__URL="a", COVET_DB_URL="a"), NAMES)

    assert layer[("database", "url")].value == "a"
    assert reader.warnings == [
        (
            "COVET_DATABASE__URL in the environment and COVET_DB_URL in the environment both set database.url to "
            "different values; COVET_DATABASE__URL is taken. Keep one of them."
        )
    ]


def test_a_section_in_a_variable_is_json(reader: LayerReader) -> None:
    """Its text is not shown: it may hold a password."""
    reader.read_variables(variables(COVET_DATABASE="hunter2"), NAMES)

    assert [str(problem) for problem in reader.problems] == [
        "database must be a table, as JSON (COVET_DATABASE in the environment)."
    ]


_PATHS = st.sampled_from([("a",), ("a", "b"), ("a", "b", "c"), ("a", "d"), ("e",)])
_LAYERS = st.lists(st.dictionaries(_PATHS, st.integers(1, 3)), max_size=4)


@given(_LAYERS, _PATHS, st.integers())
def test_the_strongest_layer_wins(layers: list[dict[tuple[str, ...], int]], path: tuple[str, ...], value: int) -> None:
    """Whatever stands below, a value of the strongest layer is what is taken."""
    made = [{place: make(place, number) for place, number in layer.items()} for layer in layers]

    merged = merge([{path: make(path, value)}, *made])

    assert merged[path].value == value


@given(_LAYERS)
def test_a_merged_layer_has_no_clash(layers: list[dict[tuple[str, ...], int]]) -> None:
    """No path is a value and a table at once, whatever the layers say."""
    # One layer alone comes from tables, which cannot clash.
    clean = [
        {place: make(place, number) for place, number in layer.items() if not _has_clash(place, layer)}
        for layer in layers
    ]

    merged = merge(clean)

    assert not any(_has_clash(path, merged) for path in merged)


def _has_clash(path: tuple[str, ...], layer: object) -> bool:
    return any(path[:end] in layer for end in range(1, len(path)))  # type: ignore[operator]


def test_tables_are_built_again() -> None:
    """Open tables come back as they were."""
    data = {"a": {"b": {"c": 1}, "d": [1]}, "e": {}}
    reader = LayerReader(SHAPE, [], [])

    assert nest(reader.read_tables({"plugins": data}, make), ("plugins",)) == data


def test_an_entry_does_not_show_its_value() -> None:
    """Nothing knows here whether it is a secret."""
    assert repr(Entry("hunter2", Origin("environment", "KEY"))) == "<Entry KEY in the environment>"


def test_entries_of_a_file_have_its_lines() -> None:
    """Values of TOML become those of JSON, and may hold references."""
    entry = make_file_entry("config file", Path("c.toml"), lambda path: len(path))(("a", "b"), "${X}")

    assert entry.origin == Origin("config file", "a.b", Path("c.toml"), 2)
    assert not entry.is_literal


@pytest.mark.parametrize("name", ["COVET_CACHE", "COVET_PLUGINS__C"])
def test_repeated_key_in_a_variable_is_a_problem(reader: LayerReader, name: str) -> None:
    """One of the two would silently not count."""
    reader.read_variables(variables(**{name: '{"backend": "a", "backend": "b"}'}), NAMES)

    assert [problem.message for problem in reader.problems] == ["has the key 'backend' twice in one table"]
