"""
The parts that operations share: schemas by their names, and the schemas of problems.
"""

from collections.abc import Sequence
from typing import Any, Final, Union

from covet.exceptions import ConfigurationError
from covet.introspection import Annotation
from covet.validation import Constraints, SchemaWriter

# An object of OpenAPI: members of every type.
Object = dict[str, Any]

PREFIX: Final = "#/components/schemas/"
PROBLEM_TYPE: Final = "application/problem+json"

_PROBLEM: Final[Object] = {
    "title": "Problem",
    "description": "What went wrong (RFC 9457).",
    "type": "object",
    "properties": {
        "type": {
            "type": "string",
            "format": "uri-reference",
            "description": "What kind of problem it is.",
            "examples": ["about:blank"],
        },
        "title": {"type": "string", "description": "The name of its kind."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What happened this time."},
        "instance": {
            "type": "string",
            "format": "uri-reference",
            "description": "Names this occurrence.",
        },
    },
    "required": ["type", "title", "status"],
}
_VALIDATION_PROBLEM: Final[Object] = {
    "title": "ValidationProblem",
    "description": "Everything in the request that does not fit its type.",
    "allOf": [{"$ref": f"{PREFIX}Problem"}],
    "type": "object",
    "properties": {
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "source": {"type": "string", "description": "query, path, header, cookie, body or form."},
                    "pointer": {"type": "string", "description": "The place as a JSON pointer (RFC 6901)."},
                    "message": {"type": "string"},
                    "type": {"type": "string", "description": "What is wrong, for programs."},
                },
                "required": ["source", "pointer", "message", "type"],
            },
        }
    },
    "required": ["errors"],
}


class Components:
    """
    The components of one document.

    Attributes:
        schemas: The schemas by name.

    Example:
        >>> components = Components()
        >>> components.write(list[int])
        {'type': 'array', 'items': {'type': 'integer'}}
        >>> components.refer_to_problem(404)
        {'$ref': '#/components/schemas/Problem'}
        >>> list(components.schemas)
        ['Problem']
    """

    def __init__(self) -> None:
        self._writer = SchemaWriter(prefix=PREFIX)
        # Taken from the beginning: a model of the same name has its module's name before it, whoever comes first.
        self._writer.definitions.update(Problem={}, ValidationProblem={})
        self._is_used = {"Problem": False, "ValidationProblem": False}

    @property
    def schemas(self) -> Object:
        """The schemas that are used, in the order of the alphabet."""
        unused = {name for name, is_used in self._is_used.items() if not is_used}
        return {name: schema for name, schema in sorted(self._writer.definitions.items()) if name not in unused}

    def write(self, annotation: Annotation, *, constraints: Constraints | None = None) -> Object:
        """
        Write the schema of a type; one that cannot be validated may be anything.

        Args:
            annotation: The type.
            constraints: Further constraints on it.
        """
        try:
            return self.write_exactly(annotation, constraints=constraints)
        except ConfigurationError:
            # What a handler returns need not be something that can be read.
            return {}

    def write_output(self, annotation: Annotation) -> Object:
        """Write the schema of what is answered: as `write`, but for models that write something else than they read."""
        try:
            return self._writer.write(annotation, mode="serialization")
        except ConfigurationError:
            return {}

    def write_exactly(self, annotation: Annotation, *, constraints: Constraints | None = None) -> Object:
        """
        Write the schema of a type.

        Raises:
            ConfigurationError: If it cannot be validated.
        """
        return self._writer.write(annotation, constraints=constraints)

    def write_text(
        self, annotation: Annotation, *, constraints: Constraints | None = None, is_closed: bool = False
    ) -> Object:
        """
        Write the schema of what is written as text: there is no `null`, and decimal numbers are just numbers.

        Args:
            annotation: The type.
            constraints: Further constraints on it.
            is_closed: Whether models refuse names that they do not have, whatever they say themselves.

        Example:
            >>> Components().write_text(int | None)
            {'type': 'integer'}
        """
        try:
            return self._writer.write(annotation, constraints=constraints, mode="text", is_closed=is_closed)
        except ConfigurationError:
            # A type that only pydantic knows.
            return {"type": "string"}

    def write_fields(self, annotation: Annotation, *, is_closed: bool = False) -> dict[str, Object]:
        """
        Write the schemas of a model's fields, each of which is written as text, by their names.

        Args:
            annotation: The model.
            is_closed: As for `write_text`.
        """
        return self._writer.write_fields(annotation, is_closed=is_closed)

    def refer_to_problem(self, status: int) -> Object:
        """Refer to the schema of a problem; that of 422 lists the errors."""
        name = "ValidationProblem" if status == 422 else "Problem"
        for used in ("Problem", name):
            if not self._is_used[used]:
                self._is_used[used] = True
                self._writer.definitions[used] = _PROBLEM if used == "Problem" else _VALIDATION_PROBLEM
        return {"$ref": PREFIX + name}

    def settle_names(self, document: Object) -> None:
        """Give all schemas that share a name the names of their modules, in the document as well."""
        self._writer.settle_names(document)


def join_types(types: Sequence[Annotation]) -> Annotation:
    """
    Make one type of several.

    Example:
        >>> join_types([int]), join_types([int, str])
        (<class 'int'>, typing.Union[int, str])
    """
    joined: Any = Union
    return joined[tuple(types)]
