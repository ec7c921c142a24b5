"""
The front: one validator per annotation, made at start-up, used for every request.

It must never keep anything of a request; what it holds depends on the annotation alone.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic, Literal, NoReturn, TypeVar, overload

from covet.exceptions import ConfigurationError, ValidationError
from covet.introspection import Annotation, type_name
from covet.validation.analysis import analyze
from covet.validation.constraints import Constraints
from covet.validation.failures import MAX_ERRORS, Failed
from covet.validation.native import FixedKeys, compile_native
from covet.validation.native_json import make_loader
from covet.validation.nodes import Node, ScalarNode
from covet.validation.plain import compile_plain
from covet.validation.shape import contains_decimal
from covet.validation.strict_json import load_json
from covet.validation.text import compile_many, compile_text, make_fast, may_be_blank

T = TypeVar("T")
Engine = Literal["auto", "plain"]


class Validator(Generic[T]):
    """
    Turns input into values of one type, or says everything that is wrong with it.

    Made by `compile_validator`.

    Attributes:
        annotation: The type as it was given.
        decode_json: Decodes the JSON of a body. Raises `BadRequestError` if it is no JSON or more than the limits
            allow, and `ValidationError` with every error if it does not fit the type.
        fixed_keys: What decodes most bodies of the type even faster, if there is such a way.
        is_sequence: Whether repeated strings are one value of the type: use `parse_many`.
        accepts_text: Whether one string can carry the type: `parse` and `parse_fast` may be used.
        is_text: Whether any string is a value as it stands: there is nothing to parse.
        may_be_blank: Whether an empty string can be meant as a value; if not, it stands for none where there is a
            default.
        parse_fast: Reads one string and raises `ValueError` if it is no value; call `parse` for the errors then.

    Example:
        >>> validator = compile_validator(list[int])
        >>> validator.decode_json(b"[1, 2]")
        [1, 2]
        >>> validator.decode_json(b'[1, "2", null]')
        Traceback (most recent call last):
            ...
        covet.exceptions.ValidationError: 2 errors
          body /1: must be an integer
          body /2: must be an integer
    """

    __slots__ = (
        "_convert", "_many", "_text", "accepts_text", "annotation", "decode_json", "fixed_keys", "is_sequence",
        "is_text", "may_be_blank", "parse_fast",
    )  # fmt: skip

    parse_fast: Callable[[str], T]

    def __init__(self, annotation: Annotation, node: Node, *, engine: Engine = "auto") -> None:
        self.annotation = annotation
        self._convert: Callable[[object], Any] = compile_plain(node)
        exact = contains_decimal(node)
        load = make_loader() if engine == "auto" and not exact else partial(load_json, exact=exact)
        validate = self.validate

        def decide(data: bytes) -> T:
            return validate(load(data))

        native = compile_native(node, load, decide) if engine == "auto" else None
        self.decode_json: Callable[[bytes], T] = decide
        self.fixed_keys: FixedKeys | None = None
        if native is not None:
            self.decode_json, self.fixed_keys = native
        self._text = compile_text(node)
        self._many = compile_many(node)
        self.accepts_text = self._text is not None
        self.is_sequence = self._many is not None
        self.is_text = isinstance(node, ScalarNode) and node.kind in {"str", "any"} and not node.constraints
        self.may_be_blank = may_be_blank(node)
        fast: Any = self._refuse_text if self._text is None else make_fast(node, self._text)
        self.parse_fast = fast

    def __repr__(self) -> str:
        return f"<Validator of {type_name(self.annotation)}>"

    def validate(self, value: object, *, source: str = "body", pointer: str = "") -> T:
        """
        Make a value of builtins, as they come out of JSON or MessagePack.

        Args:
            value: The builtins. Nothing is read from strings that JSON would have typed.
            source: Where it came from, for the errors.
            pointer: The place of the value in its source, for the errors.

        Raises:
            ValidationError: If it does not fit the type; carries every error.

        Example:
            >>> compile_validator(set[str]).validate(["tea", "tea"])
            {'tea'}
        """
        result = self._convert(value)
        if type(result) is Failed:
            _refuse(result, source, pointer)
        return result  # type: ignore[no-any-return]

    def parse(self, text: str, *, source: str, pointer: str) -> T:
        """
        Read one string of a query, a path, a header, a cookie or a form.

        Raises:
            ValidationError: If it is no text of the type; carries every error.
            BadRequestError: If it is a number of more than 4,300 digits.
            ConfigurationError: If one string cannot carry the type.

        Example:
            >>> compile_validator(int | None).parse("7", source="query", pointer="/page")
            7
        """
        if self._text is None:
            self._refuse_text(text)
        result: Any = self._text(text)
        if type(result) is Failed:
            _refuse(result, source, pointer)
        return result  # type: ignore[no-any-return]

    def parse_many(self, texts: Sequence[str], *, source: str, pointer: str) -> T:
        """
        Read a repeated string into a list, a set or a tuple.

        Raises:
            ValidationError: If one is no text of the items' type; carries every error.
            BadRequestError: If one is a number of more than 4,300 digits.
            ConfigurationError: If repeated strings cannot carry the type.

        Example:
            >>> compile_validator(set[int]).parse_many(["1", "2", "1"], source="query", pointer="/id")
            {1, 2}
        """
        if self._many is None:
            raise ConfigurationError(
                f"Repeated strings cannot carry {type_name(self.annotation)}.",
                hint="Use a list, set or tuple of something that text can spell.",
            )
        result: Any = self._many(texts)
        if type(result) is Failed:
            _refuse(result, source, pointer)
        return result  # type: ignore[no-any-return]

    def _refuse_text(self, _text: str) -> NoReturn:
        raise ConfigurationError(
            f"A string cannot carry {type_name(self.annotation)}.",
            hint="Take it from the body, or use a type that text can spell.",
        )


@overload
def compile_validator(annotation: type[T], *, constraints: Constraints | None = None) -> Validator[T]: ...


@overload
def compile_validator(annotation: Annotation, *, constraints: Constraints | None = None) -> Validator[Any]: ...


def compile_validator(annotation: Annotation, *, constraints: Constraints | None = None) -> Validator[Any]:
    """
    Make the validator of an annotation, at start-up.

    Args:
        annotation: Any type that the documentation lists, models and generics included.
        constraints: Further constraints, as `Annotated` would carry them.

    Raises:
        ConfigurationError: If the type cannot be validated; names the model, the field and the way out.

    Example:
        >>> validator = compile_validator(int, constraints=Constraints(ge=1))
        >>> validator.parse("0", source="query", pointer="/page")
        Traceback (most recent call last):
            ...
        covet.exceptions.ValidationError: 1 error
          query /page: must be at least 1
    """
    return Validator(annotation, analyze(annotation, constraints))


def _refuse(failed: Failed, source: str, pointer: str) -> NoReturn:
    raise ValidationError([problem.make_item(source, pointer) for problem in failed.problems[:MAX_ERRORS]])
