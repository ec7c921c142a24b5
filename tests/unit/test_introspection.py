"""
Tests of reading signatures and annotations.
"""

import asyncio
import dataclasses
import functools
import inspect
import sys
import types
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any, ForwardRef, Generic, Literal, NewType, Optional, Self, TypeVar

import pytest

from covet.exceptions import RouteError
from covet.introspection import (
    KEYWORD_ONLY,
    POSITIONAL_ONLY,
    POSITIONAL_OR_KEYWORD,
    VAR_KEYWORD,
    VAR_POSITIONAL,
    inspect_callable,
    origin_of,
    split_annotated,
    substitute,
    type_name,
    unalias,
)
from covet.types import UNSET

T = TypeVar("T")
U = TypeVar("U")

NOWHERE = (
    "'Nowhere', but 'Nowhere' is not defined there.\n"
    f"  Import 'Nowhere' at the top of {__name__}, outside of 'if TYPE_CHECKING:', or define it outside of a function."
)


def parameters_of(func: Callable[..., object]) -> dict[str, Any]:
    """
    Read the annotations of a callable's parameters.
    """
    return {parameter.name: parameter.annotation for parameter in inspect_callable(func).parameters}


@pytest.fixture
def module() -> Iterator[types.ModuleType]:
    """
    Make an importable module for source that the test writes.
    """
    made = types.ModuleType("late_module")
    sys.modules[made.__name__] = made
    yield made
    del sys.modules[made.__name__]


# ── Callables of every kind ──────────────────────────────────────────────────


def plain(size: int) -> str:
    """
    Stand for a function.
    """
    return "x" * size


class Tool:
    """
    Has callables of every kind.
    """

    def __init__(self, size: int = 1) -> None:
        self.size = size

    def __call__(self, size: int) -> str:
        """
        Be a callable object.
        """
        return plain(size * self.size)

    def method(self, size: int) -> str:
        """
        Be a method.
        """
        return plain(size * self.size)

    @classmethod
    def of_class(cls, size: int) -> str:
        """
        Be a class method.
        """
        return plain(size)

    @staticmethod
    def static(size: int) -> str:
        """
        Be a static method.
        """
        return plain(size)


@functools.wraps(plain)
def wrapper(*args: Any, **kwargs: Any) -> Any:
    """
    Stand for a decorated function.
    """
    return plain(*args, **kwargs)


@pytest.mark.parametrize(
    ("func", "name"),
    [
        (plain, "plain"),
        (wrapper, "plain"),
        (Tool().method, "Tool.method"),
        (Tool.of_class, "Tool.of_class"),
        (Tool.static, "Tool.static"),
        (Tool(), "Tool"),
        (functools.partial(plain), "plain"),
        (functools.partial(Tool()), "Tool"),
        (functools.partial(functools.partial(Tool().method)), "Tool.method"),
        (functools.lru_cache(plain), "plain"),
        (functools.singledispatch(plain), "plain"),
    ],
    ids=lambda item: item if isinstance(item, str) else type(item).__name__,
)
def test_every_callable_is_described_by_what_runs(func: Callable[..., object], name: str) -> None:
    """
    `self`, `cls` and the decorator's own parameters are left out.
    """
    info = inspect_callable(func)

    assert (info.name, info.module) == (name, __name__)
    assert [(item.name, item.annotation, item.kind) for item in info.parameters] == [
        ("size", int, POSITIONAL_OR_KEYWORD)
    ]
    assert info.return_annotation is str


def test_a_class_is_described_by_its_constructor() -> None:
    """
    By `__init__`, or else by `__new__`; one with neither takes nothing.
    """

    class New:
        def __new__(cls, size: "int") -> Self:
            return super().__new__(cls)

    class Nothing:
        """Take nothing."""

    @dataclasses.dataclass
    class Data:
        size: "int" = 3

    assert parameters_of(Tool) == {"size": int}
    assert parameters_of(New) == {"size": int}
    assert parameters_of(Nothing) == {}
    assert parameters_of(Data) == {"size": int}


def test_kinds_and_defaults_are_told() -> None:
    """
    A default that is `None` is one; what has none, or no annotation, is `UNSET`.
    """

    def func(first, /, second: int = 2, *rest: str, third: None = None, **more: bytes) -> None: ...  # type: ignore[no-untyped-def]

    info = inspect_callable(func)

    assert [(item.name, item.kind, item.default, item.is_required) for item in info.parameters] == [
        ("first", POSITIONAL_ONLY, UNSET, True),
        ("second", POSITIONAL_OR_KEYWORD, 2, False),
        ("rest", VAR_POSITIONAL, UNSET, False),
        ("third", KEYWORD_ONLY, None, False),
        ("more", VAR_KEYWORD, UNSET, False),
    ]
    assert [item.has_annotation for item in info.parameters] == [False, True, True, True, True]
    assert info.parameters[0].annotation is UNSET
    assert info.parameters[3].annotation is type(None)


def test_without_a_return_annotation_there_is_none() -> None:
    """
    `UNSET` says so; `None` that was written is `NoneType`.
    """

    def unsaid(): ...  # type: ignore[no-untyped-def]
    def said() -> None: ...

    assert inspect_callable(unsaid).return_annotation is UNSET
    assert inspect_callable(said).return_annotation is type(None)


def test_what_a_partial_has_bound_is_left_out() -> None:
    """
    By position and by name: what its author has decided, a client must not decide anew.
    """

    def func(first: int, second: int, is_admin: bool, page: int = 1) -> None: ...

    bound = functools.partial(functools.partial(func, 1, is_admin=False), second=2)

    assert parameters_of(bound) == {"page": int}


def test_a_callable_without_a_signature_is_refused() -> None:
    """
    Such as a class of the interpreter's own.
    """
    with pytest.raises(RouteError) as caught:
        inspect_callable(dict)

    assert str(caught.value) == (
        "dict has no signature that can be read.\n  Wrap it in a function with annotated parameters."
    )


# ── What a call gives ────────────────────────────────────────────────────────


async def coroutine() -> None:
    """
    Give an awaitable.
    """


def generator() -> Iterator[str]:
    """
    Give a generator.
    """
    yield ""


async def async_generator() -> AsyncIterator[str]:
    """
    Give an async generator.
    """
    yield ""


class AsyncTool:
    """
    An object whose calls are awaited.
    """

    async def __call__(self) -> None:
        """
        Give an awaitable.
        """


@functools.wraps(coroutine)
def plain_around_coroutine() -> object:
    """
    Answer itself now and then, as a decorator does that guards a handler.
    """
    return coroutine()


@functools.wraps(plain)
async def coroutine_around_plain(size: int) -> str:
    """
    Add something to await.
    """
    await asyncio.sleep(0)
    return plain(size)


@pytest.mark.parametrize(
    ("func", "expected"),
    [
        (plain, set()),
        (coroutine, {"is_async"}),
        (functools.partial(coroutine), {"is_async"}),
        (AsyncTool(), {"is_async"}),
        (functools.partial(AsyncTool()), {"is_async"}),
        (AsyncTool().__call__, {"is_async"}),
        (coroutine_around_plain, {"is_async"}),
        (plain_around_coroutine, {"wraps_async"}),
        (functools.partial(plain_around_coroutine), {"wraps_async"}),
        (generator, {"is_generator"}),
        (async_generator, {"is_async_generator"}),
        (functools.partial(async_generator), {"is_async_generator"}),
    ],
)
def test_what_a_call_gives_is_known(func: Callable[..., object], expected: set[str]) -> None:
    """
    A decorated function is what its decorator is: only that is called.
    """
    info = inspect_callable(func)

    flags = ("is_async", "wraps_async", "is_generator", "is_async_generator")
    assert {flag for flag in flags if getattr(info, flag)} == expected


# ── Annotations that are text ────────────────────────────────────────────────


def test_text_is_resolved_where_it_was_written(module: types.ModuleType) -> None:
    """
    In the module of the function whose code runs, not in that of its decorator.
    """
    source = "class Own: ...\ndef func(item: 'Own', items: 'list[Own]') -> 'Own | None': ...\n"
    exec(source, vars(module))

    @functools.wraps(module.func)
    def decorated(*args: Any) -> Any: ...

    info = inspect_callable(decorated)

    own: Any = module.Own
    assert [item.annotation for item in info.parameters] == [own, list[own]]
    assert info.return_annotation == own | None


def test_text_sees_what_the_function_encloses() -> None:
    """
    Names of an enclosing function that the code uses, and a class by its own name.
    """

    class Local:
        def __init__(self, parent: "Local | None" = None) -> None: ...

    def func(item: "Local") -> object:
        return Local(item)

    assert parameters_of(func) == {"item": Local}
    assert parameters_of(Local) == {"parent": Local | None}


def test_parts_of_an_annotation_may_be_text() -> None:
    """
    Within brackets it is a reference too.
    """

    def func(items: list["int"], page: Optional["int"] = None) -> None: ...

    assert parameters_of(func) == {"items": list[int], "page": int | None}


def make_unresolvable(annotation: Any, return_annotation: Any = None) -> Callable[..., object]:
    """
    Make a function with an annotation of the test's choice.
    """

    def func(item: object) -> None: ...

    func.__annotations__ = {"item": annotation, "return": return_annotation}
    return func


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (
            "Nowhere",
            f"parameter 'item': func annotates it with {NOWHERE}",
        ),
        (
            list["nowhere.Item"],  # type: ignore[name-defined]  # noqa: F821
            "but 'nowhere' is not defined there.",
        ),
        ("int +", "func annotates it with 'int +', which is no type: "),
        ("int.size", "which is no type: type object 'int' has no attribute 'size'\n  Write an annotation that"),
        ("int | 'str'", "which is no type: unsupported operand"),
    ],
)
def test_what_cannot_be_resolved_names_parameter_and_import(annotation: Any, text: str) -> None:
    """
    The error says what to import where, or why it is no type.
    """
    with pytest.raises(RouteError) as caught:
        inspect_callable(make_unresolvable(annotation))

    assert text in str(caught.value)
    assert caught.value.parameter == "item"


def test_a_return_annotation_that_cannot_be_resolved_is_an_error_too() -> None:
    """
    It is called `return`.
    """
    with pytest.raises(RouteError, match="parameter 'return': func annotates it with 'Nowhere'"):
        inspect_callable(make_unresolvable(int, "Nowhere"))


# ── Annotated ────────────────────────────────────────────────────────────────


def test_what_annotated_carries_is_told_apart() -> None:
    """
    The outermost one only; nested ones are one, as Python has it.
    """

    def func(page: Annotated[Annotated[int, "inner"], "outer"], items: list[Annotated[int, "deep"]]) -> None: ...

    page, items = inspect_callable(func).parameters

    assert (page.annotation, page.metadata) == (int, ("inner", "outer"))
    assert (items.annotation, items.metadata) == (list[Annotated[int, "deep"]], ())


def test_a_type_alias_is_looked_through() -> None:
    """
    `type Page = Annotated[int, …]` carries its metadata; another alias stays what it is.
    """
    alias = pytest.importorskip("typing_extensions").TypeAliasType
    page = alias("Page", Annotated[int, "page"])
    again = alias("Again", page)
    number = alias("Number", int)

    assert split_annotated(again) == (int, ("page",))
    assert split_annotated(number) == (number, ())


def test_an_alias_stands_for_what_is_behind_it() -> None:
    """
    Also behind an alias of an alias, and with the variables of a generic one in the alias's own order.
    """
    alias = pytest.importorskip("typing_extensions").TypeAliasType
    number = alias("Number", int)
    again = alias("Again", number)
    t: Any = T
    u: Any = U
    reverse = alias("Reverse", tuple[u, list[t]], type_params=(t, u))

    assert (unalias(number), unalias(again), unalias(int), unalias(list[int])) == (int, int, int, list[int])
    assert unalias(reverse[str, bytes]) == tuple[bytes, list[str]]


def test_variables_are_replaced_where_they_stand() -> None:
    """
    At any depth; those that have no type stay, and so does a type without any.
    """
    t: Any = T
    u: Any = U
    assert substitute(dict[t, list[u]], {t: str, u: int}) == dict[str, list[int]]
    assert substitute(dict[t, list[u]], {t: str}) == dict[str, list[u]]
    assert (substitute(t, {t: int}), substitute(u, {t: int}), substitute(list[int], {t: str})) == (int, u, list[int])
    assert substitute(Box, {t: int}) is Box


def test_an_origin_is_the_class_behind_an_alias() -> None:
    """
    What is no alias has none.
    """
    assert (origin_of(list[int]), origin_of(Annotated[int, "a"]), origin_of(int)) == (list, Annotated, None)


# ── Names ────────────────────────────────────────────────────────────────────


class Box(Generic[T]):
    """
    A generic class.
    """


class Outer:
    """
    Holds another class.
    """

    class Inner:
        """
        Held by another class.
        """


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, "int"),
        (None, "None"),
        (type(None), "None"),
        (UNSET, "nothing"),
        (..., "..."),
        ("Late", "Late"),
        (Any, "Any"),
        (T, "T"),
        (Outer.Inner, "Outer.Inner"),
        (NewType("UserId", int), "UserId"),
        (ForwardRef("Late"), "Late"),
        (int | None, "int | None"),
        (Optional[int], "int | None"),  # noqa: UP045 - the older spelling is the point
        (Literal["a", 1], "Literal['a', 1]"),
        (Annotated[int, "page"], "int"),
        (list[Annotated[int, "page"]], "list[int]"),
        (dict[str, list[int | None]], "dict[str, list[int | None]]"),
        (tuple[int, ...], "tuple[int, ...]"),
        (Callable[[int, str], None], "Callable[[int, str], None]"),
        (Callable[[], None], "Callable[[], None]"),
        (Callable[..., None], "Callable[..., None]"),
        (Box[int], "Box[int]"),
    ],
    ids=str,
)
def test_an_annotation_is_written_as_its_author_would(annotation: Any, text: str) -> None:
    """
    Without modules, and without what only the interpreter calls it.
    """
    assert type_name(annotation) == text


def test_a_local_class_is_called_by_its_name() -> None:
    """
    The function around it is left out.
    """

    class Local:
        """Stand inside of a function."""

    assert type_name(Local) == "Local"
    assert inspect.isclass(Local)
