"""
The kinds of models, and what each says of its fields.

Models are told apart by the marks their libraries leave on the class, so no library is imported to find out that
a class is none of its own.
"""

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import InitVar
from typing import Any, NotRequired, Required, get_args, is_typeddict

from covet.class_annotations import class_type_hints
from covet.exceptions import ConfigurationError
from covet.introspection import Annotation, origin_of, type_name
from covet.types import UNSET
from covet.validation.nodes import ModelField, ModelKind, ModelNode, Node

Hints = dict[str, Annotation]


def is_model(annotation: Annotation) -> bool:
    """
    Tell whether it is a class with typed fields, or a generic one with its arguments.

    Example:
        >>> @dataclasses.dataclass
        ... class Item:
        ...     name: str
        >>> is_model(Item), is_model(dict), is_model(Item(name="tea"))
        (True, False, False)
    """
    return model_kind(annotation) is not None


def model_kind(annotation: Annotation) -> ModelKind | None:
    """
    Name what makes it a model; `None` if it is none.

    Example:
        >>> model_kind(int) is None
        True
    """
    cls = origin_of(annotation) or annotation
    if not isinstance(cls, type):
        return None
    if hasattr(cls, "__pydantic_validator__"):
        return "pydantic"
    if hasattr(cls, "__struct_fields__") and hasattr(cls, "__struct_config__"):
        return "struct"
    if is_typeddict(cls) or hasattr(cls, "__required_keys__"):
        return "typeddict"
    if issubclass(cls, tuple) and hasattr(cls, "_fields"):
        return "namedtuple"
    if hasattr(cls, "__attrs_attrs__"):
        return "attrs"
    if dataclasses.is_dataclass(cls):
        return "dataclass"
    return None


def describe_model(annotation: Annotation) -> tuple[ModelNode, Hints]:
    """
    Describe a model; the nodes of its fields are left to be filled from the hints.

    Raises:
        ConfigurationError: If an annotation does not resolve or a field cannot be given by a client.

    Example:
        >>> @dataclasses.dataclass
        ... class Item:
        ...     name: str
        ...     price: float = 1.0
        >>> node, hints = describe_model(Item)
        >>> [(field.key, field.required) for field in node.fields], hints
        ([('name', True), ('price', False)], {'name': <class 'str'>, 'price': <class 'float'>})
    """
    kind = model_kind(annotation)
    if kind is None:
        raise ConfigurationError(f"{type_name(annotation)} is no model.", hint="Pass a dataclass or another model.")
    cls = origin_of(annotation) or annotation
    node = ModelNode(annotation=annotation, cls=cls, kind=kind, name=type_name(annotation))
    if kind == "pydantic":
        return node, {}
    hints = class_type_hints(annotation)
    _DESCRIBERS[kind](node, hints)
    return node, hints


def _field(name: str, *, key: str | None = None, attribute: str | None = None, **options: Any) -> ModelField:
    default = type(options.get("default"))
    if default.__module__ in {"pydantic.fields", "covet.parameters"}:
        raise ConfigurationError(
            f"The field {name!r} has {default.__name__}() for its default.",
            hint=f"Write {name}: Annotated[..., {default.__name__}(...)] = the default.",
        )
    # Any: the options are those of ModelField itself.
    placeholder = Node(annotation=None)
    return ModelField(name, attribute or name, key or name, placeholder, **options)


def _describe_dataclass(node: ModelNode, hints: Hints) -> None:
    cls: Any = node.cls  # its dataclass marks are not part of any type
    for name, hint in hints.items():
        if isinstance(hint, InitVar) or hint is InitVar:
            raise ConfigurationError(
                f"{node.name}.{name}: InitVar fields cannot be validated.", hint="Make it a field of its own."
            )
    every = dataclasses.fields(cls)
    node.fields = tuple(
        _field(
            item.name,
            required=item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING,
            default=UNSET if item.default is dataclasses.MISSING else item.default,
            default_factory=None if item.default_factory is dataclasses.MISSING else item.default_factory,
        )
        for item in every
        if item.init
    )
    own = "__dataclass_fields__" in cls.__dict__ and cls.__dataclass_params__.init
    # A class may ask for it, as a Struct does by its options; msgspec would let unknown names of a dataclass pass.
    node.forbid_unknown = getattr(cls, "__forbid_unknown_fields__", False) is True
    node.native = bool(
        own and len(node.fields) == len(every) and cls.__new__ is object.__new__ and not node.forbid_unknown
    )
    node.faithful = not hasattr(cls, "__post_init__") and _is_plain(cls, node.fields)


def _describe_typeddict(node: ModelNode, hints: Hints) -> None:
    cls: Any = node.cls
    fields = []
    for name, hint in hints.items():
        required = name in cls.__required_keys__
        value = hint
        while getattr(origin_of(value), "_name", None) in {"Required", "NotRequired", "ReadOnly"}:
            if origin_of(value) is Required:
                required = True
            elif origin_of(value) is NotRequired:
                required = False
            value = get_args(value)[0]
        hints[name] = value
        fields.append(_field(name, required=required))
    node.fields = tuple(fields)
    # Text annotations hide Required and NotRequired from the class, and so from msgspec.
    node.native = {item.name for item in fields if item.required} == set(cls.__required_keys__)
    node.faithful = True


def _describe_namedtuple(node: ModelNode, hints: Hints) -> None:
    cls: Any = node.cls
    defaults = cls._field_defaults
    for name in cls._fields:
        hints.setdefault(name, Any)
    node.fields = tuple(
        _field(name, required=name not in defaults, default=defaults.get(name, UNSET)) for name in cls._fields
    )
    node.as_array = True


def _describe_struct(node: ModelNode, _hints: Hints) -> None:
    cls: Any = node.cls
    config = cls.__struct_config__
    names, defaults = cls.__struct_fields__, cls.__struct_defaults__
    first_default = len(names) - len(defaults)
    fields = []
    for index, (name, key) in enumerate(zip(names, cls.__struct_encode_fields__, strict=True)):
        # The library marks "no default" and "made by a factory" with objects of its own.
        default: Any = defaults[index - first_default] if index >= first_default else UNSET
        factory = None
        if type(default).__name__ == "NoDefaultType":
            default = UNSET
            required = True
        else:
            required = index < first_default
            if type(default).__name__ == "Factory":
                factory, default = default.factory, UNSET
        fields.append(_field(name, key=key, required=required, default=default, default_factory=factory))
    node.fields = tuple(fields)
    node.forbid_unknown = bool(config.forbid_unknown_fields)
    node.as_array = bool(config.array_like)
    node.tag = None if config.tag is None else (config.tag_field, config.tag)
    node.native = not node.as_array
    node.faithful = not hasattr(cls, "__post_init__") and _is_plain(cls, node.fields) and node.tag is None


def _describe_attrs(node: ModelNode, hints: Hints) -> None:
    cls: Any = node.cls
    fields = []
    native = "__attrs_attrs__" in cls.__dict__ and cls.__new__ is object.__new__
    for item in cls.__attrs_attrs__:
        if not item.init:
            native = False
            continue
        default, factory = item.default, None
        if type(default).__name__ == "Factory":
            factory, default = (None if default.takes_self else default.factory), UNSET
            required = False
            native = native and factory is not None
        else:
            required = getattr(default, "name", None) == "NOTHING"
            default = UNSET if required else default
        hints.setdefault(item.name, Any if item.type is None else item.type)
        native = native and item.converter is None and item.validator is None and item.name in cls.__annotations__
        fields.append(
            _field(
                item.alias,
                attribute=item.name,
                key=item.name,
                required=required,
                default=default,
                default_factory=factory,
            )
        )
    node.fields = tuple(fields)
    hooks = ("__attrs_pre_init__", "__attrs_post_init__", "__post_init__")
    node.native = native and not any(hasattr(cls, hook) for hook in hooks)
    node.faithful = node.native and _is_plain(cls, node.fields)


def _is_plain(cls: type, fields: tuple[ModelField, ...]) -> bool:
    """Tell whether reading an attribute gives what was stored, with no code of the author in between."""
    if _author_names(cls) & {"__getattribute__", "__getattr__", "__setattr__"}:
        return False
    members = (inspect.getattr_static(cls, item.attribute, None) for item in fields)
    return not any(isinstance(member, property) or _is_foreign_descriptor(member) for member in members)


def _author_names(cls: type) -> set[str]:
    """Collect the functions that an author wrote in Python; a frozen dataclass's own are none of them."""
    names = set()
    for base in cls.__mro__:
        for name, value in vars(base).items():
            if inspect.isfunction(value) and not _is_generated(value):
                names.add(name)
    return names


def _is_generated(function: Callable[..., object]) -> bool:
    file = getattr(getattr(function, "__code__", None), "co_filename", "")
    module = getattr(function, "__module__", "") or ""
    return file.startswith("<") or module.partition(".")[0] in {"attr", "attrs", "dataclasses"}


def _is_foreign_descriptor(member: object) -> bool:
    return hasattr(type(member), "__set__") and not inspect.ismemberdescriptor(member)


_DESCRIBERS: dict[str, Callable[[ModelNode, Hints], None]] = {
    "dataclass": _describe_dataclass,
    "typeddict": _describe_typeddict,
    "namedtuple": _describe_namedtuple,
    "struct": _describe_struct,
    "attrs": _describe_attrs,
}
