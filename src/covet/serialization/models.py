"""
The members of model instances, as msgspec would write them.

It is imported at the first use of JSON, never by `import covet`.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import lru_cache
from types import MemberDescriptorType

from covet._extras import find_extra

_msgspec = find_extra("msgspec")
_MISSING = object()
# Equal to no value when msgspec is absent, since nobody can then have one.
_LEFT_OUT: object = _MISSING if _msgspec is None else _msgspec.UNSET


def find_model_reader(cls: type) -> Callable[[object], object] | None:
    """
    Choose how the instances of a class become a dict (or a list); `None` if it is no dataclass, attrs class or Struct.

    Members keep their order, but for the slots of an attrs class, which stand in alphabetical order. Those never set,
    and msgspec's `UNSET`, are left out.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Point:
        ...     x: int
        ...     y: int
        >>> find_model_reader(Point)(Point(1, 2))
        {'x': 1, 'y': 2}
        >>> find_model_reader(int) is None
        True
    """
    if _msgspec is not None and issubclass(cls, _msgspec.Struct):
        return _read_struct
    if hasattr(cls, "__dataclass_fields__"):
        return _read_dataclass
    if hasattr(cls, "__attrs_attrs__"):
        return _read_attrs
    return None


def is_native_model(cls: type) -> bool:
    """Answer whether msgspec reads the instances of a class by itself: not an undecorated subclass of attrs' ones."""
    reader = find_model_reader(cls)
    return reader is not None and (reader is not _read_attrs or "__attrs_attrs__" in vars(cls))


def raw_text(value: object) -> str | None:
    """Return the text of msgspec's `Raw`, which is JSON already; `None` for anything else."""
    if _msgspec is None or not isinstance(value, _msgspec.Raw):
        return None
    return bytes(value).decode("utf-8")


def _read_dataclass(value: object) -> dict[str, object]:
    # `fields` leaves class variables and init-only parameters out.
    return dict(_members(value, (field.name for field in fields(value))))  # type: ignore[arg-type]


def _read_attrs(value: object) -> dict[str, object]:
    # Not `__attrs_attrs__`: msgspec looks at the instance, and Python keeps the slots of a class in alphabetical order.
    names = [*getattr(value, "__dict__", {})]
    names += (name for base in type(value).__mro__ for name in _slots(base))
    return dict(_members(value, (name for name in dict.fromkeys(names) if not name.startswith("_"))))


@lru_cache(maxsize=512)
def _slots(cls: type) -> tuple[str, ...]:
    return tuple(sorted(name for name, member in vars(cls).items() if isinstance(member, MemberDescriptorType)))


def _members(value: object, names: Iterator[str]) -> Iterator[tuple[str, object]]:
    own = getattr(value, "__dict__", {})
    for name in names:
        member = own.get(name, _MISSING)
        if member is _MISSING:
            slot = getattr(type(value), name, None)
            if not isinstance(slot, MemberDescriptorType):
                continue
            member = getattr(value, name, _MISSING)
        if member is not _MISSING and member is not _LEFT_OUT:
            yield name, member


def _read_struct(value: object) -> object:
    config = value.__struct_config__  # type: ignore[attr-defined]
    names: tuple[str, ...] = value.__struct_fields__  # type: ignore[attr-defined]
    members = [getattr(value, name) for name in names]
    tag = [] if config.tag is None else [(config.tag_field, config.tag)]
    if config.array_like:
        return [text for _, text in tag] + members
    spelled: tuple[str, ...] = value.__struct_encode_fields__  # type: ignore[attr-defined]
    defaults: tuple[object, ...] = value.__struct_defaults__  # type: ignore[attr-defined]
    required = len(names) - len(defaults)
    written = dict[str, object](tag)
    for index, (name, member) in enumerate(zip(spelled, members, strict=True)):
        if member is _LEFT_OUT:
            continue
        if config.omit_defaults and index >= required and _is_default(member, defaults[index - required]):
            continue
        written[name] = member
    return written


def _is_default(member: object, default: object) -> bool:
    if member is default:
        return True
    factory = getattr(default, "factory", None)
    return factory in (list, dict, set) and type(member) is factory and not member
