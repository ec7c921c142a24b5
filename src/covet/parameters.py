"""
Where an argument comes from: the markers for `Annotated`.

Without a marker the rules decide: a name of the path comes from the path, a model from the body,
everything else from the query.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from covet.options import refuse_unknown
from covet.types import UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """
    What the markers have in common.

    Args:
        alias: The name on the wire; the parameter's own by default.
        default: The value if none came.
        default_factory: Makes that value, for each request anew.
        ge: The least value.
        gt: What the value must exceed.
        le: The greatest value.
        lt: What the value must stay below.
        multiple_of: What the value must be a multiple of.
        min_length: The least length.
        max_length: The greatest length.
        pattern: A regular expression that must be found in the text; anchor it with `^` and `$`.
        style: How a query writes what is more than one text, in the words of OpenAPI: `"form"`, `"spaceDelimited"`,
            `"pipeDelimited"` or `"deepObject"`.
        explode: Whether a name is repeated for each item (`a=1&a=2`) or has them all (`a=1,2`); repeated by default.
        extra: What becomes of names that a model does not have: `"ignore"` or `"forbid"`; by default the model decides.
        title: A few words for the documents.
        description: The text for the documents.
        examples: Examples for the documents.
        deprecated: The documents advise against it.
    """

    alias: str | None = None
    default: Any = UNSET  # Any: a value of the annotated type
    default_factory: Callable[[], Any] | None = None
    ge: Any = None  # Any: whatever compares with the annotated type
    gt: Any = None
    le: Any = None
    lt: Any = None
    multiple_of: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    style: str | None = None
    explode: bool | None = None
    extra: str | None = None
    title: str | None = None
    description: str | None = None
    examples: tuple[Any, ...] = field(default=())
    deprecated: bool = False

    source: ClassVar[str] = ""


# The constructor is made by dataclass(), and the markers inherit it.
Parameter.__init__ = refuse_unknown(Parameter.__init__)  # type: ignore[method-assign]


class Query(Parameter):
    """
    The argument comes from the query.

    Example:
        >>> from typing import Annotated
        >>> Page = Annotated[int, Query(ge=1, alias="p")]
    """

    __slots__ = ()
    source = "query"


class Path(Parameter):
    """The argument comes from the path; its name must stand there in braces."""

    __slots__ = ()
    source = "path"


class Header(Parameter):
    """The argument comes from a header; `user_agent` is read from `user-agent` unless an alias says otherwise."""

    __slots__ = ()
    source = "header"


class Cookie(Parameter):
    """The argument comes from a cookie."""

    __slots__ = ()
    source = "cookie"


class Body(Parameter):
    """The argument is the body, decoded by its `Content-Type`."""

    __slots__ = ()
    source = "body"


class Form(Parameter):
    """
    The argument is a field of the form in the body; a model is the whole form.

    Example:
        >>> from typing import Annotated
        >>> Email = Annotated[str, Form(pattern="^[^@]+@[^@]+$")]
    """

    __slots__ = ()
    source = "form"


class File(Parameter):
    """
    The argument is a file of the form in the body: `UploadFile`, or a list of them.

    Example:
        >>> from typing import Annotated
        >>> from covet.http.uploads import UploadFile
        >>> Photos = Annotated[list[UploadFile], File(alias="photo", max_length=5)]
    """

    __slots__ = ()
    source = "file"


class FromState(Parameter):
    """
    The argument is an attribute of `request.state`, or else of `app.state`.

    It is written `State` in `Annotated`: `Annotated[User, State()]`.
    """

    __slots__ = ()
    source = "state"


State = FromState


@dataclass(frozen=True, slots=True)
class Inject(Parameter):
    """
    The argument is a service of the application's container.

    A type that is registered needs no marker; this one says so where a type could be a body, or names one of several
    registrations.

    Args:
        qualifier: Which one, if several are registered.

    Example:
        >>> from typing import Annotated
        >>> class Database: ...
        >>> Replica = Annotated[Database, Inject("replica")]
    """

    qualifier: str | None = None

    source: ClassVar[str] = "inject"


Inject.__init__ = refuse_unknown(Inject.__init__)  # type: ignore[method-assign]

__all__ = ["Body", "Cookie", "File", "Form", "FromState", "Header", "Inject", "Parameter", "Path", "Query", "State"]
