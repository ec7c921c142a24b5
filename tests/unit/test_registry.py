"""
Registries: who comes in, in which order, and what the refusal says.
"""

import re
import threading
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from covet.exceptions import ConfigurationError, ItemExistsError, ItemNotFoundError
from covet.registry import InvalidItemError, Registry


@pytest.fixture
def registry() -> Registry[str]:
    """Make an empty registry with a name."""
    return Registry[str](name="formats")


def is_lower(text: str) -> bool:
    """Accept lower case only."""
    return text.islower()


def offer(monkeypatch: pytest.MonkeyPatch, *points: tuple[str, str]) -> None:
    """Let installed distributions offer entry points in the group "formats"."""
    found = EntryPoints(EntryPoint(name, value, "formats") for name, value in points)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda *, group: found.select(group=group))


def test_an_item_is_found_by_its_name(registry: Registry[str]) -> None:
    """What was registered is what is found."""
    registry.register("json", "application/json")

    assert registry.get("json") == "application/json"
    assert registry.get_or_fail("json") == "application/json"


def test_get_answers_none_for_an_unknown_name(registry: Registry[str]) -> None:
    """Asking for what is not there is no error with get()."""
    assert registry.get("json") is None


def test_a_falsy_item_is_an_item() -> None:
    """Zero and the empty string are found like anything else."""
    registry = Registry[int]()
    registry.register("zero", 0)

    assert registry.get_or_fail("zero") == 0
    assert "zero" in registry


def test_an_unknown_name_is_told_with_the_closest_one(registry: Registry[str]) -> None:
    """The error lists what there is and guesses what was meant; it is a KeyError."""
    registry.register("json", "application/json")
    registry.register("msgpack", "application/msgpack")

    with pytest.raises(ItemNotFoundError) as caught:
        registry.get_or_fail("jsn")

    assert isinstance(caught.value, KeyError)
    assert str(caught.value) == (
        "'jsn' is not registered in formats.\n  Did you mean 'json'? Available: json, msgpack."
    )


def test_an_unknown_name_in_an_empty_registry_says_so(registry: Registry[str]) -> None:
    """With nothing registered, the error says that there is none."""
    with pytest.raises(ItemNotFoundError, match=re.escape("Available: none.")):
        registry.get_or_fail("json")


def test_a_name_is_taken_once(registry: Registry[str]) -> None:
    """A second item of the same name is refused with the ways out; it is a ValueError."""
    registry.register("json", "application/json")

    with pytest.raises(ItemExistsError) as caught:
        registry.register("json", "text/json")

    assert isinstance(caught.value, ValueError)
    assert str(caught.value) == (
        "'json' is already registered in formats.\n"
        "  Choose another name, call unregister() first, or pass replace=True."
    )
    assert registry.get("json") == "application/json"


def test_replace_takes_the_place_of_an_item(registry: Registry[str]) -> None:
    """A replaced item keeps its predecessor's place among equals, and nothing of its metadata."""
    registry.register("json", "application/json", version=1)
    registry.register("text", "text/plain")

    registry.register("json", "text/json", replace=True)

    assert registry.list_all(sort_by_priority=True) == [("json", "text/json"), ("text", "text/plain")]
    assert "version" not in registry.get_metadata("json")


def test_replace_may_be_the_first(registry: Registry[str]) -> None:
    """Replacing nothing is registering."""
    registry.register("json", "application/json", replace=True)

    assert registry.get("json") == "application/json"


def test_an_item_leaves(registry: Registry[str]) -> None:
    """What is unregistered is gone, with its metadata."""
    registry.register("json", "application/json")

    registry.unregister("json")

    assert "json" not in registry
    with pytest.raises(ItemNotFoundError):
        registry.get_metadata("json")


def test_unregistering_nothing_is_an_error(registry: Registry[str]) -> None:
    """Removing what is not there is a mistake worth telling."""
    with pytest.raises(ItemNotFoundError, match="'json' is not registered in formats"):
        registry.unregister("json")


def test_items_are_listed_in_order_of_registration(registry: Registry[str]) -> None:
    """Without sorting, the order is the order of registration."""
    registry.register("b", "2", priority=1)
    registry.register("a", "1", priority=2)

    assert registry.list_all() == [("b", "2"), ("a", "1")]


def test_items_are_listed_by_priority_and_then_by_registration(registry: Registry[str]) -> None:
    """Lower comes first, ties keep the order of registration, and 100 is the default."""
    registry.register("late", "1", priority=101)
    registry.register("default", "2")
    registry.register("tie", "3", priority=100)
    registry.register("early", "4", priority=-1)

    names = [name for name, _ in registry.list_all(sort_by_priority=True)]

    assert names == ["early", "default", "tie", "late"]


def test_the_list_is_a_copy(registry: Registry[str]) -> None:
    """Changing what was listed changes nothing else."""
    registry.register("json", "application/json")

    registry.list_all().clear()

    assert len(registry) == 1


def test_metadata_tells_priority_time_and_more(registry: Registry[str]) -> None:
    """Metadata holds the priority, an aware time in UTC, and whatever was given."""
    before = datetime.now(UTC)

    registry.register("json", "application/json", priority=5, version="1.0")
    metadata = registry.get_metadata("json")

    registered_at = metadata["registered_at"]
    assert isinstance(registered_at, datetime)
    assert registered_at.utcoffset() == timedelta(0)
    assert before - timedelta(seconds=1) <= registered_at <= datetime.now(UTC)
    assert {key: value for key, value in metadata.items() if key != "registered_at"} == {
        "priority": 5,
        "version": "1.0",
    }


def test_metadata_cannot_be_written(registry: Registry[str]) -> None:
    """Metadata is a read-only copy."""
    registry.register("json", "application/json")
    metadata: Any = registry.get_metadata("json")

    with pytest.raises(TypeError):
        metadata["priority"] = 1


@pytest.mark.parametrize("name", ["registered_at"])
def test_the_registrys_own_metadata_cannot_be_given(registry: Registry[str], name: str) -> None:
    """Metadata that the registry sets by itself is refused."""
    with pytest.raises(InvalidItemError) as caught:
        registry.register("json", "application/json", **{name: "yesterday"})  # type: ignore[arg-type]

    assert str(caught.value) == (
        f"The metadata of 'json' in formats must not contain {name!r}.\n  The registry sets it by itself."
    )


@pytest.mark.parametrize("name", ["", "  ", 7, None])
def test_a_name_must_be_text(registry: Registry[str], name: Any) -> None:
    """A name is a string with something in it."""
    with pytest.raises(InvalidItemError, match=re.escape(f"must be a string with text in it, got {name!r}.")):
        registry.register(name, "application/json")


@pytest.mark.parametrize("priority", ["1", 1.5, True, None])
def test_a_priority_must_be_an_integer(registry: Registry[str], priority: Any) -> None:
    """A priority that cannot be compared with others is refused when it is given."""
    with pytest.raises(InvalidItemError) as caught:
        registry.register("json", "application/json", priority=priority)

    assert str(caught.value) == (
        f"The priority of 'json' in formats must be an integer, got {priority!r}.\n"
        "  Lower comes first; 100 is the default."
    )


def test_the_validator_refuses_with_what_it_expects() -> None:
    """A refusal names the item and what it should have been; it is a ValueError."""
    registry = Registry[str](is_lower, name="formats", expected="lower case")

    with pytest.raises(InvalidItemError) as caught:
        registry.register("json", "JSON")

    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, ConfigurationError)
    assert str(caught.value) == "formats refuses 'json': 'JSON'.\n  It must be lower case."
    assert len(registry) == 0


def test_a_validator_without_words_is_named() -> None:
    """Where nobody said what is expected, the refusal names the validator."""
    registry = Registry[str](is_lower)

    with pytest.raises(InvalidItemError, match="It must satisfy is_lower"):
        registry.register("json", "JSON")


def test_what_a_validator_raises_is_in_the_refusal() -> None:
    """A validator's own error explains the refusal and stays its cause."""
    registry = Registry[Any](is_lower, expected="lower case")

    with pytest.raises(InvalidItemError) as caught:
        registry.register("json", 7)

    assert "It must be lower case. (AttributeError: 'int' object has no attribute 'islower')" in str(caught.value)
    assert isinstance(caught.value.__cause__, AttributeError)


def test_replacing_validates_too() -> None:
    """An item that is refused leaves its predecessor in place."""
    registry = Registry[str](is_lower)
    registry.register("json", "old")

    with pytest.raises(InvalidItemError):
        registry.register("json", "NEW", replace=True)

    assert registry.get("json") == "old"


def test_a_registry_is_a_collection_of_names(registry: Registry[str]) -> None:
    """len(), in, iteration and repr() tell the names."""
    registry.register("json", "application/json")
    registry.register("text", "text/plain")

    assert (len(registry), list(registry)) == (2, ["json", "text"])
    assert "json" in registry
    assert "xml" not in registry
    assert repr(registry) == "<Registry 'formats': json, text>"


def test_an_empty_registry_says_so() -> None:
    """The repr of an empty registry is not an empty list of names."""
    assert repr(Registry[int](name="numbers")) == "<Registry 'numbers': empty>"


def test_a_copy_is_on_its_own() -> None:
    """A copy has the items and the validator, and neither side sees the other's changes."""
    shared = Registry[str](is_lower, name="formats")
    shared.register("json", "application/json", priority=3)

    own = shared.copy()
    own.register("text", "text/plain")
    shared.unregister("json")

    assert (list(shared), list(own)) == ([], ["json", "text"])
    assert own.get_metadata("json")["priority"] == 3
    with pytest.raises(InvalidItemError):
        own.register("html", "HTML")


def test_registering_while_iterating_is_safe(registry: Registry[str]) -> None:
    """Whoever reads goes on with what was there when it began."""
    registry.register("a", "1")
    registry.register("b", "2")

    for name in registry:
        registry.register(name * 2, "copy")

    assert list(registry) == ["a", "b", "aa", "bb"]


def test_threads_lose_nothing() -> None:
    """Registrations of many threads at once all arrive, and one of each name wins."""
    registry = Registry[int]()
    threads = 8
    barrier = threading.Barrier(threads)
    refused: list[ItemExistsError] = []

    def register(number: int) -> None:
        barrier.wait()
        for index in range(50):
            registry.register(f"{number}/{index}", index)
            try:
                registry.register(f"shared/{index}", number)
            except ItemExistsError as exc:
                refused.append(exc)

    run_together([partial(register, number) for number in range(threads)])

    assert len(registry) == threads * 50 + 50
    assert len(refused) == (threads - 1) * 50


def run_together(functions: list[Callable[[], None]]) -> None:
    """Run each function in a thread of its own, to the end."""
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_entry_points_come_in(monkeypatch: pytest.MonkeyPatch, registry: Registry[str]) -> None:
    """What installed distributions offer under a group is registered under its name."""
    offer(monkeypatch, ("pi", "math:pi"), ("digits", "string:digits"))

    found = registry.discover_entry_points("formats")

    assert found == ["digits", "pi"]
    assert registry.get("digits") == "0123456789"
    assert registry.get_metadata("digits")["entry_point"] == "string:digits"


def test_a_group_that_nobody_offers_is_empty(registry: Registry[str]) -> None:
    """Asking for an unknown group finds nothing and says nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        assert registry.discover_entry_points("covet.nobody.offers.this") == []


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("broken", "nowhere_to_be_found:thing", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("missing", "string:nothing_of_that_name", "AttributeError: module 'string' has no attribute"),
        ("upper", "string:ascii_uppercase", "InvalidItemError: formats refuses 'upper'"),
        ("taken", "string:ascii_lowercase", "ItemExistsError: 'taken' is already registered in formats."),
    ],
)
def test_a_broken_entry_point_is_a_warning(monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str) -> None:
    """What cannot come in is named in a warning and kills none of the others."""
    registry = Registry[str](is_lower, name="formats")
    registry.register("taken", "by another")
    offer(monkeypatch, (name, value), ("whole", "string:ascii_lowercase"))

    with pytest.warns(UserWarning, match=f"{name!r} of the group 'formats' .*{re.escape(reason)}"):
        found = registry.discover_entry_points("formats")

    assert found == ["whole"]


def test_discovery_replaces_on_demand(monkeypatch: pytest.MonkeyPatch, registry: Registry[str]) -> None:
    """With replace=True, what is discovered wins over what was there."""
    registry.register("digits", "old")
    offer(monkeypatch, ("digits", "string:digits"))

    registry.discover_entry_points("formats", replace=True)

    assert registry.get("digits") == "0123456789"


def test_a_copy_tells_of_its_changes() -> None:
    """
    After each that succeeded, and only of its own.
    """
    shared = Registry[str](name="formats")
    seen: list[list[str]] = []
    own: Registry[str] = shared.copy(on_change=lambda: seen.append(list(own)))

    shared.register("shared", "1")
    own.register("json", "2")
    with pytest.raises(ItemExistsError):
        own.register("json", "3")
    own.register("json", "4", replace=True)
    own.unregister("json")
    own.copy().register("further", "5")

    assert seen == [["json"], ["json"], []]
