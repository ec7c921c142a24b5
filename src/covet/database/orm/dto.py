"""
Which fields of a model go out, and which may come in: classes that are checked against the model at their definition.

A model itself is never written as JSON, nor read from it: whoever adds a column would publish it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from inspect import get_annotations
from types import MappingProxyType, NoneType, UnionType
from typing import Any, ClassVar, Generic, Self, TypeVar, Union, get_args

from sqlalchemy import Column
from sqlalchemy import Enum as EnumType
from sqlalchemy import inspect as inspect_mapped
from sqlalchemy.orm import Mapped

from covet.class_annotations import class_type_hints
from covet.database.orm.column_agreement import require_agreement
from covet.database.orm.column_bounds import bound_by_column
from covet.database.orm.column_types import is_secret
from covet.database.orm.errors import NotLoadedError
from covet.database.orm.field_names import Rename, rename_fields, take_both_names
from covet.database.orm.fields import FieldTable, find_model, read_fields
from covet.exceptions import ConfigurationError, suggest
from covet.introspection import Annotation, origin_of, split_annotated
from covet.types import UNSET, UnsetType

ModelT = TypeVar("ModelT")

# Any: values of columns.
_Convert = Callable[[Any], Any]


class DTO(Generic[ModelT]):
    """
    Some fields of a model: as the body of a request, where unknown names are refused, and as a result.

    The fields are those that are annotated in the class, or those of the model that `include` and `exclude` leave.
    What the columns can hold is checked: the length of a text, the size of a number, the offset of a moment. Secret
    columns are left out, unless the class annotates them.

    Attributes:
        model: The model.

    Example:
        >>> from sqlalchemy.orm import Mapped, mapped_column
        >>> from covet.database.orm import Model, secret_column
        >>> class Guest(Model):
        ...     __tablename__ = "guests"
        ...
        ...     id: Mapped[int] = mapped_column(primary_key=True)
        ...     name: Mapped[str]
        ...     password_hash: Mapped[str] = secret_column()
        >>> class GuestOut(DTO[Guest]):
        ...     pass
        >>> GuestOut.of(Guest(id=1, name="Ada", password_hash="$scrypt$..."))
        GuestOut(id=1, name='Ada')
        >>> class GuestIn(DTO[Guest]):
        ...     name: str
        >>> GuestIn(name="Ada").values()
        {'name': 'Ada'}
    """

    # Names that the class does not have are refused, wherever it is read.
    __forbid_unknown_fields__: ClassVar[bool] = True

    model: ClassVar[type[Any]]  # Any: a class variable cannot be of the class's own variable
    _converters: ClassVar[tuple[tuple[str, _Convert | None], ...]] = ()
    _rename: ClassVar[Rename | None] = None
    _names: ClassVar[Mapping[str, str]] = MappingProxyType({})

    # Any: the fields that are taken from the model are known when the program runs; each class has a constructor then.
    def __init__(self, **fields: Any) -> None:  # noqa: ARG002 - what a constructor takes
        raise ConfigurationError(
            f"{type(self).__name__} is of no model.", hint="Write a class that derives from DTO[Model]."
        )

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    # Any: the keywords of other bases.
    def __init_subclass__(
        cls,
        *,
        include: Collection[str] | None = None,
        exclude: Collection[str] = (),
        partial: bool | Collection[str] = False,
        rename: Rename | None = None,
        **kwargs: Any,
    ) -> None:
        """
        Take fields of the model.

        Args:
            include: The fields to take; by default all but the secret ones, or none if the class annotates its own.
            exclude: The fields to leave out.
            partial: Whether fields may be left out by whoever sends them: all, or those that are named. What was not
                sent is `UNSET`, and not in `values()`.
            rename: What clients call the fields: `"camel"` makes `tagList` of `tag_list`, in requests, answers and
                OpenAPI; a function or a mapping does otherwise. A class that derives from it has it as well.
            **kwargs: The keywords of other bases.

        Raises:
            ConfigurationError: If the model has no such field, its column holds values of another type or fewer than
                the annotation promises, a name would publish a secret one by the way, or two fields would have one
                name.
        """
        super().__init_subclass__(**kwargs)
        model = find_model(cls, DTO)
        if model is None:
            return
        cls.model = model
        table = read_fields(model)
        own = _read_own(cls, table)
        taken = (
            {} if _derives(cls) or (own and include is None and not exclude) else _take(cls, table, include, exclude)
        )
        if include is not None and _derives(cls):
            taken = _take(cls, table, include, exclude)
        annotations = {**taken, **own}
        left_out = annotations if partial is True else partial or ()
        for name in left_out:
            if name not in annotations:
                raise ConfigurationError(
                    f"{cls.__name__}: partial= names {name!r}, which it does not have.",
                    hint=suggest(name, annotations),
                )
            annotations[name] = annotations[name] | UnsetType
            setattr(cls, name, UNSET)
        for name in taken:
            if name not in left_out and name in vars(cls):
                setattr(cls, name, field())
        cls._rename = rename if rename is not None else cls._rename
        names = rename_fields(cls.__name__, annotations, {} if cls._rename is None else cls._rename)
        for name, other in names.items():
            if name != other and name in vars(cls):
                setattr(cls, other, vars(cls)[name])
        cls.__annotations__ = {names[name]: annotation for name, annotation in annotations.items()}
        dataclass(kw_only=True)(cls)
        cls._names = {**cls._names, **names}
        if any(name != other for name, other in cls._names.items()):
            take_both_names(cls, cls._names)
        found = {**dict(getattr(cls.__mro__[1], "_converters", ())), **dict.fromkeys(annotations)}
        found |= {name: _find_converter(annotation) for name, annotation in own.items()}
        cls._converters = tuple(found.items())

    @classmethod
    def of(cls, row: ModelT) -> Self:
        """
        Take the fields out of a row.

        Raises:
            NotLoadedError: If one of them was not loaded with it.
        """
        made, loaded = {}, row.__dict__
        for name, convert in cls._converters:
            value = loaded[name] if name in loaded else cls._read_late(row, name)
            made[name] = value if convert is None else convert(value)
        return cls(**made)

    @classmethod
    def _read_late(cls, row: ModelT, name: str) -> object:
        """Read a property of the class, or the nothing of a row that is new; never from the database."""
        state = inspect_mapped(row)
        if state is not None and state.has_identity and name in state.unloaded:
            model = type(row).__name__
            is_column = name in read_fields(type(row)).columns
            raise NotLoadedError(
                f"{cls.__name__}.{name} needs {model}.{name}, which was not loaded.",
                hint="Read the row again: await session.refresh(row)."
                if is_column
                else f"Load it with the row: load=[selectinload({model}.{name})].",
            )
        return getattr(row, name)

    @classmethod
    def of_all(cls, rows: Iterable[ModelT]) -> list[Self]:
        """Take the fields out of several rows."""
        return [cls.of(row) for row in rows]

    # Any: values of columns.
    def values(self) -> dict[str, Any]:
        """List the fields that were given, by name."""
        found = ((name, getattr(self, name)) for name, _ in self._converters)
        return {name: value for name, value in found if value is not UNSET}


# It was there for type checkers: what has it is no plain model any more, and read more slowly.
del DTO.__getattr__


def _derives(cls: type[DTO[Any]]) -> bool:
    """Tell whether another class gives it its fields already."""
    return any("__dataclass_fields__" in vars(base) for base in cls.__mro__[1:])


def _read_own(cls: type[DTO[Any]], table: FieldTable) -> dict[str, Annotation]:
    """Check what a class annotates by itself."""
    hints = class_type_hints(cls)
    own: dict[str, Annotation] = {}
    for name in get_annotations(cls):
        annotation = hints[name]
        if origin_of(annotation) is ClassVar:
            continue
        if name in table.columns:
            own[name] = _bound(f"{cls.__name__}.{name}", annotation, table.columns[name])
            continue
        if not hasattr(table.model, name):
            raise ConfigurationError(
                f"{cls.__name__}.{name}: {table.name} has no such field.", hint=suggest(name, table.public_names())
            )
        # A relationship, or a property of the model.
        own[name] = annotation
    return own


def _take(
    cls: type[DTO[Any]], table: FieldTable, include: Collection[str] | None, exclude: Collection[str]
) -> dict[str, Annotation]:
    """Take fields of the model with the types that it annotates them with."""
    for option, names in (("include", include or ()), ("exclude", exclude)):
        if isinstance(names, str):
            raise ConfigurationError(f"{cls.__name__}: {option}= is a set of names, got {names!r}.")
        for name in names:
            if name not in table.columns:
                raise ConfigurationError(
                    f"{cls.__name__}: {option}= names {name!r}, which is no column of {table.name}.",
                    hint=suggest(name, table.public_names()),
                )
            if option == "include" and is_secret(table.columns[name]):
                raise ConfigurationError(
                    f"{cls.__name__}: include= names {name!r}, which is secret.",
                    hint=f"If it is meant to leave, annotate it in the class: {name}: str.",
                )
    wanted = table.public_names() if include is None else include
    hints = _model_hints(table.model)
    return {
        name: _bound(f"{cls.__name__}.{name}", _find_type(table, name, hints), table.columns[name])
        for name in table.columns
        if name in wanted and name not in exclude
    }


# Any: a column of whatever type.
def _bound(place: str, annotation: Annotation, column: Column[Any]) -> Annotation:
    require_agreement(place, annotation, column)
    return bound_by_column(annotation, column.type)


def _model_hints(model: type) -> Mapping[str, Annotation]:
    try:
        return class_type_hints(model)
    except ConfigurationError:
        # A relationship to a class that only type checkers import: the columns know their types.
        return {}


def _find_type(table: FieldTable, name: str, hints: Mapping[str, Annotation]) -> Annotation:
    annotation = hints.get(name)
    if annotation is not None and isinstance(origin_of(annotation), type) and issubclass(origin_of(annotation), Mapped):
        inner = get_args(annotation)[0]
        # What is said to SQLAlchemy beside the type is nothing for validation.
        return split_annotated(inner)[0]
    column = table.columns[name]
    # Any: a class of whatever kind.
    kind: Any = column.type.enum_class if isinstance(column.type, EnumType) else column.type.python_type
    return kind | None if column.nullable else kind


def _find_converter(annotation: Annotation) -> _Convert | None:
    """Find what makes nested fields of what a relationship holds."""
    inner = split_annotated(annotation)[0]
    if isinstance(inner, type) and issubclass(inner, DTO):
        return inner.of
    members = [member for member in get_args(inner) if member is not NoneType]
    converters = [convert for member in members if (convert := _find_converter(member)) is not None]
    if not converters:
        return None
    convert = converters[0]
    if origin_of(inner) in (Union, UnionType):
        return lambda value: None if value is None else convert(value)
    return lambda values: [convert(value) for value in values]


__all__ = ["DTO"]
