"""
Which types an argument may have, by its source, and the validator that makes its value.

Text carries what one string can spell, and lists of it; a model, a mapping and whatever contains one is a body.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args

from covet.class_annotations import class_type_hints
from covet.exceptions import ConfigurationError
from covet.http.uploads import UploadFile
from covet.introspection import Annotation, origin_of, type_name, unalias
from covet.parameters import Cookie, Parameter, Path, Query
from covet.validation import Constraints, Validator, compile_validator, is_model
from covet.validation.constraints import read_constraints

# A validator's type is that of the argument, known to nobody here.
AnyValidator = Validator[Any]

_TEXT_SOURCES: Final = frozenset({"query", "path", "header", "cookie", "form"})


def compile_argument(
    annotation: Annotation, metadata: Sequence[object], marker: Parameter | None, source: str
) -> AnyValidator:
    """
    Make the validator of an argument.

    Args:
        annotation: Its type.
        metadata: What `Annotated` carried besides.
        marker: The marker among it.
        source: Where it comes from.

    Raises:
        ConfigurationError: If the type cannot be validated, or cannot come from there.

    Example:
        >>> from covet.parameters import Query
        >>> compile_argument(int, (), Query(ge=1), "query").parse("7", source="query", pointer="/page")
        7
    """
    is_text = source in _TEXT_SOURCES
    if is_file_type(annotation):
        raise ConfigurationError(
            f"{type_name(annotation)} is a file, which does not come from the {source}.",
            hint=f"Write {type_name(annotation)} without a marker, or Annotated[{type_name(annotation)}, File()].",
        )
    if is_text and is_body_type(annotation):
        hint = "A model comes from the body; take its fields as parameters of their own."
        if _is_mapping(without_none(annotation)) and source == Query.source:
            hint = "Write Query(style='deepObject') for name[key]=value, or take it from the body."
        raise ConfigurationError(f"{type_name(annotation)} cannot come from the {source}.", hint=hint)
    if marker is None and not metadata and isinstance(annotation, type):
        validator = _compile_class(annotation)
    else:
        constraints = None if marker is None else make_constraints(marker)
        others = [item for item in metadata if not _is_marker(item)]
        validator = compile_validator(Annotated[annotation, *others] if others else annotation, constraints=constraints)
    # A path's parameter is one text; the other sources may say a name several times.
    if source == Cookie.source and validator.is_sequence and not validator.accepts_text:
        raise ConfigurationError(
            f"{type_name(annotation)} cannot come from a cookie, which has one value.",
            hint="Take it as str, and part it as whoever sets the cookie has written it.",
        )
    if is_text and not (validator.accepts_text or (validator.is_sequence and source != Path.source)):
        raise ConfigurationError(
            f"{type_name(annotation)} cannot come from the {source}.",
            hint="Text can become a number, a date, an enum and the like"
            + (", not several of them." if source == Path.source else ", or a list of these."),
        )
    return validator


@lru_cache(maxsize=512)
def _compile_class(cls: type) -> AnyValidator:
    """Compile a class once: thousands of routes take an `int` or the same model."""
    return compile_validator(cls)


def make_constraints(marker: Parameter) -> Constraints:
    """
    Write what a marker says about the value as the validation knows it.

    Example:
        >>> from covet.parameters import Query
        >>> make_constraints(Query(ge=1)).ge
        1
    """
    return Constraints(
        ge=marker.ge,
        gt=marker.gt,
        le=marker.le,
        lt=marker.lt,
        multiple_of=marker.multiple_of,
        min_length=marker.min_length,
        max_length=marker.max_length,
        pattern=marker.pattern,
        title=marker.title,
        description=marker.description,
        examples=tuple(marker.examples) or None,
    )


def has_limits(*metadata: object) -> bool:
    """
    Tell whether there is a limit on the value among some metadata, whatever library spelled it.

    Raises:
        ConfigurationError: If one of `annotated_types` is not known here.

    Example:
        >>> has_limits("text", Constraints(title="Page")), has_limits(Constraints(ge=1))
        (False, True)
    """
    # What a marker says of a parameter beyond its bounds is for the binding to judge.
    others = [item for item in metadata if not isinstance(item, Parameter)]
    markers = [make_constraints(item) for item in metadata if isinstance(item, Parameter)]
    return any(constraints.checks for constraints in (*markers, *read_constraints(others)))


def without_none(annotation: Annotation) -> Annotation:
    """
    Return the one type of an optional type; anything else as it is.

    Example:
        >>> without_none(int | None), without_none(int | str | None) == (int | str | None)
        (<class 'int'>, True)
    """
    if origin_of(annotation) not in (Union, UnionType):
        return annotation
    members = [item for item in get_args(annotation) if item is not NoneType]
    return members[0] if len(members) == 1 else annotation


def is_body_type(annotation: Annotation) -> bool:
    """
    Tell whether a type cannot be written in a query: a model, a mapping, or a container or union of them.

    Example:
        >>> is_body_type(list[dict[str, int]]), is_body_type(list[int])
        (True, False)
    """
    return any(is_model(item) or _is_mapping(item) for item in _walk(annotation))


def is_file_type(annotation: Annotation) -> bool:
    """
    Tell whether a type is a file of a form, or contains one.

    Example:
        >>> is_file_type(UploadFile | None), is_file_type(list[UploadFile]), is_file_type(bytes)
        (True, True, False)
    """
    return any(isinstance(item, type) and issubclass(item, UploadFile) for item in _walk(annotation))


def find_file_field(annotation: Annotation, seen: frozenset[object] = frozenset()) -> tuple[str, str, str] | None:
    """
    Find a field of a model, or of one within, that is a file: the model's name, the field's, and that of its type.

    Example:
        >>> from typing import NamedTuple
        >>> class Order(NamedTuple):
        ...     name: str
        ...     photo: UploadFile | None
        >>> find_file_field(list[Order])
        ('Order', 'photo', 'UploadFile | None')
    """
    for item in _walk(annotation):
        if not is_model(item) or item in seen:
            continue
        for name, hint in class_type_hints(item).items():
            found = (type_name(item), name, type_name(hint)) if is_file_type(hint) else None
            found = found or find_file_field(hint, seen | {item})
            if found is not None:
                return found
    return None


def _is_mapping(annotation: Annotation) -> bool:
    return any(isinstance(cls, type) and issubclass(cls, Mapping) for cls in (annotation, origin_of(annotation)))


def find_hidden_marker(annotation: Annotation) -> str | None:
    """
    Name a marker that stands inside of a type, as in `Annotated[int, Query(ge=1)] | None`, where nothing reads it.

    Example:
        >>> from covet.parameters import Query
        >>> find_hidden_marker(list[Annotated[int, Query(ge=1)]])
        'Query'
    """
    for item in islice(_walk(annotation), 1, None):
        if origin_of(item) is Annotated:
            for data in get_args(item)[1:]:
                if _is_marker(data):
                    return data.__name__ if isinstance(data, type) else type(data).__name__
    return None


def _walk(annotation: Annotation, seen: frozenset[object] = frozenset()) -> Iterator[Annotation]:
    """List a type and, at any depth, the types in its brackets, between its bars and behind its aliases."""
    value = unalias(annotation)
    if value is not annotation:
        if annotation in seen:
            # An alias may contain itself.
            return
        seen |= {annotation}
    yield value
    for item in _list_inner(value):
        yield from _walk(item, seen)


def _list_inner(annotation: Annotation) -> Iterator[Annotation]:
    """List the types in the brackets of another one, or between its bars."""
    origin = origin_of(annotation)
    if origin is Literal:
        return
    arguments = get_args(annotation)
    for item in arguments[:1] if origin is Annotated else arguments:
        if item is not Ellipsis:
            yield item


def _is_marker(item: object) -> bool:
    return isinstance(item, Parameter) or (isinstance(item, type) and issubclass(item, Parameter))
