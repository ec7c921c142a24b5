"""
One argument of a handler: where it comes from and how it is read, said once and for all who ask.

The reader of requests and the description of the application (OpenAPI) both look at nothing else.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from covet.core.argument_types import AnyValidator, without_none
from covet.exceptions import ErrorItem, ValidationError
from covet.introspection import origin_of
from covet.parameters import Parameter
from covet.types import UNSET
from covet.validation.text_model import TextModel

_SEQUENCES: Final = frozenset({list, tuple, set, frozenset, Sequence, AbstractSet})


@dataclass(frozen=True, slots=True)
class Argument:
    """
    One argument of a handler and where it comes from.

    Attributes:
        name: The parameter's name.
        source: `"request"`, `"background"`, `"own"`, `"inject"`, or the source of a marker, such as `"path"`.
        alias: The name on the wire.
        annotation: The parameter's type.
        validator: Makes the value from what came; `None` where nothing is validated.
        default: The value if none came; `UNSET` if it is required.
        default_factory: Makes the default for each request.
        is_keyword: It is passed by name.
        index: Its place among the path's values.
        convert: The path's own converter, when the template names one that makes the value.
        check: The converter that the template names, whatever makes the value: what it refuses is not found.
        marker: What `Annotated` said, if it did.
        style: How its source writes it, in the words of OpenAPI: `"form"`, `"simple"`, `"deepObject"`,
            `"spaceDelimited"` or `"pipeDelimited"`; empty where no text is read.
        explode: Whether each item or field has a name of its own.
        fields: Of a model whose fields are read one by one: the fields, each like an argument of its own.
        text_model: Makes the model from the texts of its fields.
        nests: Its fields may have fields themselves, named `a[b]` or `a.b`.
    """

    name: str
    source: str
    alias: str = ""
    annotation: Any = None
    validator: AnyValidator | None = None
    default: object = UNSET
    default_factory: Callable[[], object] | None = None
    is_keyword: bool = False
    index: int = -1
    convert: Callable[[str], object] | None = None
    check: Callable[[str], object] | None = None
    marker: Parameter | None = None
    style: str = ""
    explode: bool = True
    fields: "tuple[Argument, ...]" = ()
    nests: bool = False
    text_model: TextModel | None = None

    @property
    def is_required(self) -> bool:
        """Whether its absence is an error."""
        return self.default is UNSET and self.default_factory is None

    @property
    def is_model(self) -> bool:
        """Whether it is a model whose fields are read one by one."""
        return self.text_model is not None

    @property
    def is_sequence(self) -> bool:
        """Whether it takes several texts or files of one name."""
        if self.source == "file":
            return origin_of(without_none(self.annotation)) is not None
        if self.validator is None:
            # A field of a type that only pydantic knows, such as a list of its addresses.
            return origin_of(without_none(self.annotation)) in _SEQUENCES
        return self.validator.is_sequence

    @property
    def error_source(self) -> str:
        """The source as the errors of a client name it: files come with a form."""
        return "form" if self.source == "file" else self.source

    @property
    def pointer(self) -> str:
        """The JSON pointer (RFC 6901) of the value in its source."""
        return "/" + self.alias.replace("~", "~0").replace("/", "~1")

    def make_default(self) -> object:
        """
        Return the value for an argument that did not come.

        Raises:
            ValidationError: If it is required.
        """
        if self.default_factory is not None:
            return self.default_factory()
        if self.default is UNSET:
            pointer = "" if self.source == "body" else self.pointer
            raise ValidationError([ErrorItem(self.error_source, pointer, "is required", "missing")])
        return self.default


__all__ = ["Argument"]
