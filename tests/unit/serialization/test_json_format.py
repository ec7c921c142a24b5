"""
JSON: two engines that write the same bytes, and one way of reading.
"""

import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import covet.serialization.json_format
import covet.serialization.models  # before any test hides msgspec
from covet.exceptions import BadRequestError, ConfigurationError, ResponseError
from covet.serialization import SerializationError
from covet.serialization.json_format import JSONSerializer, encode_json, get_json_serializer, load_json_encoder
from tests.unit.serialization.values import KEYS, VALUES, Color, Item, Pair, Point, Slotted, Text

Make = Callable[..., JSONSerializer]


class Point2D:
    """A type that JSON does not know."""

    def __init__(self, x: int) -> None:
        self.x = x


class Point3D(Point2D):
    """A subclass of it."""


@attrs.frozen
class Frozen:
    """A model that can be hashed."""

    x: int


@dataclass
class Holder:
    """A model with a member that JSON may not know."""

    items: list[object]


def make_plain(monkeypatch: pytest.MonkeyPatch, **options: Any) -> JSONSerializer:
    """Make a serializer as where msgspec is not installed."""
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "msgspec", None)
        return JSONSerializer(**options)


@pytest.fixture(params=["msgspec", "standard library"])
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Make serializers of one engine."""
    if request.param == "msgspec":
        return JSONSerializer
    return lambda **options: make_plain(monkeypatch, **options)


@pytest.fixture(scope="module")
def engines() -> tuple[JSONSerializer, JSONSerializer]:
    """Make one serializer of each engine."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        return JSONSerializer(), make_plain(monkeypatch)


def test_the_engine_is_chosen_by_what_is_installed(engines: tuple[JSONSerializer, JSONSerializer]) -> None:
    """With msgspec it is used, without it the standard library takes its place."""
    assert [serializer.engine for serializer in engines] == ["msgspec", "standard library"]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_both_engines_write_the_same_bytes(engines: tuple[JSONSerializer, JSONSerializer], value: object) -> None:
    """Every supported type has one form, whatever is installed."""
    native, plain = engines

    assert native.serialize(value) == plain.serialize(value) == plain._write(value)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_both_engines_write_the_same_bytes_inside(
    engines: tuple[JSONSerializer, JSONSerializer], value: object
) -> None:
    """A form does not depend on where the value stands."""
    native, plain = engines
    nested = {"a": [value, (value,)], "b": Point(1, value), "c": Item(1, [Slotted(1, value)])}  # type: ignore[arg-type]

    assert native.serialize(nested) == plain.serialize(nested) == plain._write(nested)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: type(key).__name__)
def test_both_engines_write_the_same_keys(engines: tuple[JSONSerializer, JSONSerializer], key: object) -> None:
    """Keys that are not text become the same text."""
    native, plain = engines

    written = native.serialize({key: 1})

    assert written == plain.serialize({key: 1}) == plain._write({key: 1})
    assert list(json.loads(written).values()) == [1]


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.text(st.characters(codec=None, categories=["Cs", "Lu"])),
    st.binary(max_size=20),
    st.dates(),
    st.datetimes(timezones=st.none() | st.just(UTC) | st.just(timezone(timedelta(hours=-3, minutes=-30)))),
    st.times(),
    st.timedeltas(),
    st.uuids(),
    st.decimals(),
    st.sampled_from(VALUES),
)
ATOMS = st.one_of(st.text(), st.integers(), st.floats(), st.uuids(), st.dates(), st.sampled_from(KEYS))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(ATOMS, inner, max_size=4),
        st.builds(Point, st.integers(), inner),
        st.builds(Slotted, st.integers(), inner),
        st.builds(Item, st.integers(), inner),
        st.builds(Pair, st.integers(), inner),
        st.frozensets(st.integers() | st.text(), max_size=4),
    ),
    max_leaves=20,
)


@given(TREES)
def test_both_engines_write_the_same_bytes_for_any_tree(value: object) -> None:
    """Whatever is combined, both engines agree to the byte, and what they write is JSON."""
    native, plain = JSONSerializer(), _PLAIN

    written = native.serialize(value)

    assert written == plain.serialize(value) == plain._write(value)
    json.loads(written)


with pytest.MonkeyPatch.context() as _monkeypatch:
    _PLAIN = make_plain(_monkeypatch)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_both_engines_write_the_same_floats(value: float) -> None:
    """A number is written in its shortest form, and is read back as itself."""
    written = _PLAIN.serialize(value)

    assert written == encode_json(value)
    assert math.copysign(1, float(written)) == math.copysign(1, value)
    assert float(written) == value


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    )
)
def test_what_is_written_is_read(value: object) -> None:
    """JSON's own types survive the way out and back."""
    serializer = get_json_serializer()

    assert serializer.deserialize(serializer.serialize(value)) == value


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"a": [1, None, True]}, b'{"a":[1,null,true]}'),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), b'"2026-01-02T03:04:05Z"'),
        (timedelta(days=1, seconds=1.5), b'"P1DT1.5S"'),
        (Color.RED, b'"red"'),
        (b"abc", b'"YWJj"'),
        (Path("/a"), b'"/a"'),
        (Pair(1, "x"), b'[1,"x"]'),
        (float("nan"), b"null"),
        ({1: {None: {True: 0}}}, b'{"1":{"null":{"true":0}}}'),
        ("é", '"é"'.encode()),
    ],
)
def test_the_forms_are_these(make: Make, value: object, written: bytes) -> None:
    """Agreement alone could be agreement on something else."""
    assert make().serialize(value) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\ud800", "\ufffd"),
        ("a\udc00b", "a\ufffdb"),
        ("\ud83d\ude00", "😀"),
        ("\ud800\ud800x", "\ufffd\ufffdx"),
    ],
)
def test_row_022_a_lone_surrogate_never_raises(make: Make, text: str, written: str) -> None:
    """A lone surrogate becomes U+FFFD in values and keys; two halves become what they are halves of."""
    expected = json.dumps({written: [written]}, ensure_ascii=False, separators=(",", ":")).encode()

    assert make().serialize({text: [text]}) == expected
    assert encode_json({text: [Text(text)]}) == expected


@pytest.mark.parametrize(
    ("value", "pointer", "what"),
    [
        (object(), "", "object has no form in JSON."),
        ([1, {"a/b": (2, object())}], "/1/a~1b/1", "object has no form in JSON."),
        ({"m": Holder([Holder([1j])])}, "/m/items/0/items/0", "complex has no form in JSON."),
        ({7: {None: Point2D(1)}}, "/7/null", f"{__name__}.Point2D has no form in JSON."),
        ([{(1, 2): 3}], "/0", "tuple cannot be the key of an object."),
        ([{Slotted(1): 3}], "/0", f"{Slotted.__module__}.Slotted cannot be the key of an object."),
        ([{frozenset(): 3}], "/0", "frozenset cannot be the key of an object."),
        ([(number for number in range(3))], "/0", "generator has no form in JSON."),
        ([int], "/0", "type has no form in JSON."),
        ([10**5000], "/0", "an integer has more digits than Python writes."),
        ([{10**5000: 1}], "/0", "an integer has more digits than Python writes."),
        ([{memoryview(b"a"): 1}], "/0", "memoryview cannot be the key of an object."),
        ([{Frozen(1): 1}], "/0", f"{__name__}.Frozen cannot be the key of an object."),
    ],
)
def test_what_has_no_form_is_named_with_its_place(make: Make, value: object, pointer: str, what: str) -> None:
    """The error says which type, where in the value, and is a TypeError and the application's fault."""
    with pytest.raises(SerializationError) as caught:
        make().serialize(value)

    assert caught.value.pointer == pointer
    assert str(caught.value).startswith(f"At {pointer}: {what}\n  " if pointer else f"{what}\n  ")
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ResponseError)


def test_what_has_no_form_says_how_to_give_it_one(make: Make) -> None:
    """The error tells the ways out."""
    with pytest.raises(SerializationError) as caught:
        make().serialize(Point2D(1))

    assert caught.value.hint == (
        "Return a dict or a model instead, or register a serializer with an encoder for it: "
        "JSONSerializer(encoders={Point2D: function})."
    )


def test_a_value_that_contains_itself_is_refused(make: Make) -> None:
    """What never ends cannot be written, and nothing crashes."""
    endless: list[object] = []
    endless.append({"again": endless})

    with pytest.raises(SerializationError) as caught:
        make().serialize(endless)

    assert str(caught.value).endswith("the value contains itself, or is nested too deeply.\n  Return a tree that ends.")


@pytest.mark.parametrize("value", [Point2D(3), Point3D(3)])
def test_encoders_give_types_a_form(make: Make, value: object) -> None:
    """An encoder serves its class and the classes below it, and may return anything supported."""
    serializer = make(encoders={Point2D: lambda point: {"x": {point.x}}})

    assert serializer.serialize([value]) == b'[{"x":[3]}]'
    assert serializer.serialize({"k": value}) == b'{"k":{"x":[3]}}'


def test_the_nearest_encoder_is_taken(make: Make) -> None:
    """An encoder of the class itself wins over one of its base, in any order of declaration."""
    serializer = make(encoders={object: repr, Point2D: lambda _: "base", Point3D: lambda _: "own"})

    assert serializer.serialize([Point3D(1), Point2D(1), 1j]) == b'["own","base","1j"]'


def test_an_encoder_may_make_keys(make: Make) -> None:
    """Where a value is the key of an object, its encoder is asked as well."""
    serializer = make(encoders={Point2D: lambda point: f"p{point.x}"})

    assert serializer.serialize({Point2D(1): 2}) == b'{"p1":2}'


@pytest.mark.parametrize("cls", [Text, str.__mro__[1]])
def test_an_encoder_for_a_kind_of_text_is_called(make: Make, cls: type) -> None:
    """A subclass of text has an encoder if it is given one, while text itself is text."""
    serializer = make(encoders={cls: lambda _: "encoded"})

    assert serializer.serialize([Text("x"), "x"]) == b'["encoded","x"]'


def test_an_encoder_may_replace_what_is_built_in(make: Make) -> None:
    """Types that are not fixed by the format, such as paths, can have another form."""
    serializer = make(encoders={Path: lambda path: path.parts})

    assert serializer.serialize(Path("a/b")) == b'["a","b"]'


def test_an_encoders_own_error_is_passed_on(make: Make) -> None:
    """A mistake in an encoder is neither hidden nor called something else."""

    def fail(_: Point2D) -> object:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        make(encoders={Point2D: fail}).serialize([Point2D(1)])


@pytest.mark.parametrize("cls", [str, int, bool, dict, datetime, Point, Slotted, Item, Color, Pair, type(None)])
def test_an_encoder_that_would_never_be_called_is_refused(make: Make, cls: type) -> None:
    """A form that the engines have by themselves cannot be changed: saying so beats ignoring it."""
    with pytest.raises(ConfigurationError, match=r"is fixed: an encoder for it would never be called\."):
        make(encoders={cls: str})


def test_an_encoder_stands_under_a_class() -> None:
    """What is no class is refused by name."""
    encoders: Any = {"Point": str}

    with pytest.raises(ConfigurationError, match=re.escape("The keys of `encoders` must be classes, got 'Point'.")):
        JSONSerializer(encoders=encoders)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a":1,"a":2}',
        b"NaN",
        b"-Infinity",
        b"1e400",
        b"[" * 101 + b"]" * 101,
        b"1" * 4301,
        b'"\\ud800"',
        b"\xff",
    ],
    ids=range(10),
)
def test_reading_has_the_limits_of_every_body(make: Make, data: bytes) -> None:
    """What is malformed, ambiguous or too much is a 400 with both engines."""
    with pytest.raises(BadRequestError):
        make().deserialize(data)


def test_the_default_serializer_is_one() -> None:
    """encode_json and the bare function belong to the same serializer."""
    assert get_json_serializer() is get_json_serializer()
    assert load_json_encoder() is get_json_serializer().encode


def test_the_bare_function_is_msgspecs_own() -> None:
    """With msgspec, nothing of ours stands between a route and C."""
    encode: Any = load_json_encoder()

    assert isinstance(encode.__self__, msgspec.json.Encoder)


def test_encode_json_finds_its_engine_at_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first call loads the engine, and the following ones go straight to it."""
    module = covet.serialization.json_format
    monkeypatch.setattr(module, "_encode", module._encode_at_first)
    monkeypatch.setattr(module, "_default", None)

    assert encode_json([1]) == b"[1]"
    assert module._encode is load_json_encoder()
    assert encode_json([2]) == b"[2]"


def test_a_serializer_tells_what_it_is() -> None:
    """Media type, aliases and features are those of JSON."""
    serializer = JSONSerializer()

    assert serializer.media_type == "application/json"
    assert serializer.aliases == ("application/*+json",)
    assert serializer.supports_feature("text")
    assert not serializer.supports_feature("binary")


@pytest.mark.slow
def test_importing_loads_no_engine() -> None:
    """The package can be imported without msgspec and without the modules of the supported types."""
    root = list(covet.__path__)
    code = (
        # An empty package in the place of `covet`, which imports much more than this one.
        f"import sys, types; sys.modules['covet'] = package = types.ModuleType('covet'); package.__path__ = {root}; "
        "import covet.serialization; "
        "print([name for name in ('msgspec', 'decimal', 'uuid', 'pathlib', 'covet.validation') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
