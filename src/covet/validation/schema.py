"""
JSON Schema (2020-12) of what a validator accepts.

Every model and every enumeration is a definition of its own, under a name that fits into a reference, so that models
may contain themselves. A schema accepts whatever the validator accepts. It accepts more where its vocabulary has no
word: for bounds on times, for the exact spelling of texts, for 1.0 that is no integer here.
"""

import inspect
from typing import Any

from covet.introspection import Annotation
from covet.types import UNSET
from covet.validation.analysis import analyze
from covet.validation.constraints import Constraints
from covet.validation.nodes import (
    ArrayNode,
    ChoiceNode,
    MapNode,
    ModelField,
    ModelNode,
    Node,
    ScalarNode,
    TupleNode,
    UnionNode,
)
from covet.validation.scalars import NUMBER, write_bytes
from covet.validation.schema_bounds import add_constraints
from covet.validation.schema_names import qualified_name, rename_references, short_name
from covet.validation.schema_pydantic import Mode, has_output, make_pydantic_schema
from covet.validation.schema_text import Schema, write_as_text
from covet.validation.schema_values import write_default
from covet.validation.shape import find_tag

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_SCALARS: dict[str, Schema] = {
    "any": {},
    "none": {"type": "null"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "str": {"type": "string"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
    "decimal": {"type": ["number", "string"], "format": "decimal", "pattern": f"^(?:{NUMBER})$"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "timedelta": {"type": "string", "format": "duration"},
    "uuid": {"type": "string", "format": "uuid"},
    "path": {"type": "string", "format": "path"},
}


def make_json_schema(annotation: Annotation, *, constraints: Constraints | None = None) -> Schema:
    """
    Write the schema of a type as a document of its own.

    Args:
        annotation: Any type that can be validated.
        constraints: Further constraints, as `Annotated` would carry them.

    Raises:
        ConfigurationError: If the type cannot be validated.

    Example:
        >>> make_json_schema(list[int], constraints=Constraints(max_length=3))["items"]
        {'type': 'integer'}
    """
    writer = SchemaWriter()
    schema = {"$schema": DIALECT, **writer.write(annotation, constraints=constraints)}
    if writer.definitions:
        schema["$defs"] = writer.definitions
    return schema


class SchemaWriter:
    """
    Writes the schemas of several types that share their definitions, as the parts of an OpenAPI document do.

    Args:
        prefix: What stands before a name in a reference.

    Attributes:
        definitions: The schemas of the models and enumerations met so far, by name. Names may be added at the
            beginning, for schemas that are written elsewhere.

    Example:
        >>> writer = SchemaWriter(prefix="#/components/schemas/")
        >>> writer.write(dict[str, int])
        {'type': 'object', 'additionalProperties': {'type': 'integer'}}
    """

    def __init__(self, *, prefix: str = "#/$defs/") -> None:
        self._mode: Mode = "validation"
        self._is_closed = False
        self.definitions: dict[str, Schema] = {}
        self._prefix = prefix
        self._names: dict[object, str] = {}
        # The names that several types have, each with the type that came first.
        self._shared: dict[str, object] = {}

    def write(
        self,
        annotation: Annotation,
        *,
        constraints: Constraints | None = None,
        mode: Mode = "validation",
        is_closed: bool = False,
    ) -> Schema:
        """
        Write the schema of a type; its models are added to the definitions.

        Args:
            annotation: The type.
            constraints: Further constraints, as `Annotated` would carry them.
            mode: `"serialization"` describes what is written rather than what is read. Only models of pydantic can
                tell the two apart; such a one has a definition of its own, whose name ends with `Output`. `"text"`
                describes what is put together from texts; models that differ there have names that end with `Text`.
            is_closed: Whether models refuse names that they do not have, even if they do not say so themselves; for
                texts. Their names end with `ClosedText`.

        Raises:
            ConfigurationError: If the type cannot be validated.
        """
        node = analyze(annotation, constraints)
        self._mode, self._is_closed = mode, is_closed
        schema = self._write(node)
        return write_as_text(schema) if mode == "text" else schema

    def write_fields(self, annotation: Annotation, *, is_closed: bool = False) -> dict[str, Schema]:
        """
        Write the schemas of a model's fields, as texts bring them, by their names in JSON.

        Args:
            annotation: The model.
            is_closed: As for `write`.

        Raises:
            ConfigurationError: If it cannot be validated.

        Example:
            >>> from dataclasses import dataclass
            >>> @dataclass
            ... class Page:
            ...     number: int | None = None
            >>> SchemaWriter().write_fields(Page)
            {'number': {'type': 'integer'}}
        """
        node = analyze(annotation)
        self._mode, self._is_closed = "text", is_closed
        if not isinstance(node, ModelNode):
            return {}
        if node.kind != "pydantic":
            return {field.key: write_as_text(self._write_field(field)) for field in node.fields}
        schema = self._write_pydantic(node.cls, short_name(annotation))
        if "$ref" in schema:
            # It contains itself.
            schema = self.definitions[schema["$ref"].removeprefix(self._prefix)]
        fields: dict[str, Schema] = schema.get("properties", {})
        return fields

    # Any: whatever mentions the definitions.
    def settle_names(self, *documents: Any) -> None:
        """
        Give the modules' names to all types that share one, so that none depends on which came first.

        Call it when everything is written.

        Args:
            *documents: What was written: its references are changed in place.
        """
        renamed = {}
        for short, key in self._shared.items():
            name = self._find_free(_qualify(key))
            renamed[short] = self._names[key] = name
            self.definitions[name] = self.definitions.pop(short)
        self._shared = {}
        if renamed:
            rename_references([self.definitions, *documents], renamed, self._prefix)

    def _write(self, node: Node) -> Schema:
        schema = self._write_type(node)
        for constraints in node.constraints:
            schema = add_constraints(schema, node, constraints)
        return schema

    def _write_type(self, node: Node) -> Schema:
        if isinstance(node, ScalarNode):
            return dict(_SCALARS[node.kind])
        if isinstance(node, ChoiceNode):
            return _write_choice(node) if node.enum is None else self._refer(node, node.enum)
        if isinstance(node, ArrayNode):
            # No uniqueItems: equal items are welcome in a set, which then has one of them.
            return {"type": "array", "items": self._write(node.item)}
        if isinstance(node, TupleNode):
            return _fix_items([self._write(item) for item in node.items], len(node.items))
        if isinstance(node, MapNode):
            names = _write_key(node.key)
            schema: Schema = {"type": "object", "additionalProperties": self._write(node.value)}
            return schema if names in ({}, {"type": "string"}) else {**schema, "propertyNames": names}
        if isinstance(node, UnionNode):
            return {"anyOf": self._write_members(node)}
        if isinstance(node, ModelNode):
            return self._refer(node, node.annotation)
        raise TypeError(f"no schema for {type(node).__name__}")

    def _write_members(self, node: UnionNode) -> list[Schema]:
        tag = find_tag(node.members)
        members = []
        for member in node.members:
            schema = self._write(member)
            if tag is not None and isinstance(member, ModelNode) and member.tag is not None:
                # Alone it may lack its tag; here nothing else tells it apart.
                schema["required"] = [tag[0]]
            members.append(schema)
        return members

    # ── Definitions ──────────────────────────────────────────────────────────

    def _refer(self, node: ModelNode | ChoiceNode, key: object) -> Schema:
        ending = self._find_ending(node)
        annotation, key = key, (key, ending) if ending else key
        name = self._names.get(key)
        if name is None:
            name = short_name(annotation) + ending
            if name in self.definitions and not self._is_defined(node, name):
                first = next((other for other, taken in self._names.items() if taken == name), None)
                if first is not None:
                    self._shared[name] = first
                name = self._find_free(_qualify(key))
            is_new = name not in self.definitions
            self._names[key] = name
            if is_new:
                # The place is taken before the fields are written: one of them may mention the model.
                self.definitions[name] = {}
                self.definitions[name].update(self._define(node, name))
        return {"$ref": self._prefix + name}

    def _define(self, node: ModelNode | ChoiceNode, name: str) -> Schema:
        if isinstance(node, ChoiceNode):
            return {"title": short_name(node.annotation), **_write_choice(node)}
        if node.kind == "pydantic":
            return self._write_pydantic(node.cls, name)
        schema = self._write_model(node)
        return write_as_text(schema) if self._mode == "text" else schema

    def _find_ending(self, node: ModelNode | ChoiceNode) -> str:
        """Tell how a model's name ends, where this mode gives it a definition of its own."""
        if isinstance(node, ChoiceNode):
            return ""
        if self._mode == "serialization":
            return "Output" if node.kind == "pydantic" and has_output(node.cls) else ""
        if self._mode == "validation":
            return ""
        return "ClosedText" if self._is_closed else "Text" if _has_text(node) else ""

    def _is_defined(self, node: ModelNode | ChoiceNode, name: str) -> bool:
        """Tell whether another pydantic model has defined this one already, under its name."""
        return (
            isinstance(node, ModelNode)
            and node.kind == "pydantic"
            and self.definitions[name] == self._write_pydantic(node.cls, name)
        )

    def _find_free(self, name: str) -> str:
        free, number = name, 2
        while free in self.definitions:
            free = f"{name}_{number}"
            number += 1
        return free

    def _write_model(self, node: ModelNode) -> Schema:
        about: Schema = {"title": node.name}
        description = _describe(node.cls)
        if description:
            about["description"] = description
        if not node.as_array:
            return {**about, **self._write_object(node)}
        array = self._write_array(node)
        # A named tuple can be given by its names too.
        shape = {"anyOf": [array, self._write_object(node)]} if node.kind == "namedtuple" else array
        return {**about, **shape}

    def _write_object(self, node: ModelNode) -> Schema:
        properties: Schema = {} if node.tag is None else {node.tag[0]: {"const": node.tag[1]}}
        properties |= {field.key: self._write_field(field) for field in node.fields}
        schema: Schema = {"type": "object", "properties": properties}
        required = [field.key for field in node.fields if field.required]
        if required:
            schema["required"] = required
        if node.forbid_unknown or self._is_closed:
            schema["additionalProperties"] = False
        return schema

    def _write_array(self, node: ModelNode) -> Schema:
        tags = [] if node.tag is None else [{"const": node.tag[1]}]
        items = tags + [self._write(field.node) for field in node.fields]
        least = len(tags) + sum(field.required for field in node.fields)
        return _fix_items(items, least, is_open=node.kind == "struct" and not node.forbid_unknown)

    def _write_field(self, field: ModelField) -> Schema:
        schema = self._write(field.node)
        default = write_default(field)
        return schema if default is UNSET else {**schema, "default": default}

    def _write_pydantic(self, cls: type, name: str) -> Schema:
        made = make_pydantic_schema(
            cls, name, prefix=self._prefix, mode=self._mode, known=self.definitions, is_closed=self._is_closed
        )
        self.definitions.update(made.inner)
        return made.schema


def _qualify(key: object) -> str:
    # What is written has its name's ending behind the type.
    annotation, ending = key if isinstance(key, tuple) else (key, "")
    return f"{qualified_name(annotation)}{ending}"


def _has_text(node: ModelNode) -> bool:
    """Tell whether the schema of a model, or of one in it, says something that texts cannot spell."""
    writer = SchemaWriter()
    writer.write(node.annotation)
    return any(write_as_text(schema) != schema for schema in writer.definitions.values())


def _write_choice(node: ChoiceNode) -> Schema:
    values = [write_bytes(sent) if isinstance(sent, bytes) else sent for sent, _ in node.values]
    return {"const": values[0]} if len(values) == 1 else {"enum": values}


def _write_key(node: Node) -> Schema:
    """Write what a key may be: JSON knows only strings there."""
    if isinstance(node, UnionNode):
        return {"anyOf": [_write_key(member) for member in node.members]}
    if isinstance(node, ChoiceNode):
        return {"enum": [str(sent) for sent, _ in node.values]}
    kind = node.kind if isinstance(node, ScalarNode) else "any"
    if kind == "int":
        return {"type": "string", "pattern": "^-?(0|[1-9][0-9]*)$"}
    if kind in {"float", "decimal"}:
        return {"type": "string"}
    schema = dict(_SCALARS[kind])
    for constraints in node.constraints:
        schema = add_constraints(schema, node, constraints)
    return schema


def _fix_items(items: list[Schema], least: int, *, is_open: bool = False) -> Schema:
    schema: Schema = {"type": "array", "prefixItems": items, "minItems": least}
    if not items:
        del schema["prefixItems"]
    return schema if is_open else {**schema, "maxItems": len(items)}


def _describe(cls: type) -> str | None:
    text = vars(cls).get("__doc__")
    # Dataclasses and named tuples write their signature where the author wrote nothing.
    if not isinstance(text, str) or text.startswith(f"{cls.__name__}("):
        return None
    return inspect.cleandoc(text)
