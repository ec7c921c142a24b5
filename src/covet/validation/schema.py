"""
JSON Schema (2020-12) of what a validator accepts.

Every model and every enumeration is a definition of its own, under a name that fits into a reference, so that models
may contain themselves. A schema accepts whatever the validator accepts. It accepts more where its vocabulary has no
word: for bounds on times, for the exact spelling of texts, for 1.0 that is no integer here.
"""

import inspect
import math
from decimal import Decimal
from typing import Any, Literal

from covet._extras import require_extra
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
from covet.validation.schema_names import qualified_name, rename_references, short_name
from covet.validation.schema_values import write_default
from covet.validation.shape import find_tag

Mode = Literal["validation", "serialization"]
# A JSON Schema is an object of whatever its keywords hold.
Schema = dict[str, Any]

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
_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
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
        self.definitions: dict[str, Schema] = {}
        self._prefix = prefix
        self._names: dict[object, str] = {}
        # The names that several types have, each with the type that came first.
        self._shared: dict[str, object] = {}

    def write(
        self, annotation: Annotation, *, constraints: Constraints | None = None, mode: Mode = "validation"
    ) -> Schema:
        """
        Write the schema of a type; its models are added to the definitions.

        Args:
            annotation: The type.
            constraints: Further constraints, as `Annotated` would carry them.
            mode: `"serialization"` describes what is written rather than what is read. Only models of pydantic can
                tell the two apart; such a one has a definition of its own, whose name ends with `Output`.

        Raises:
            ConfigurationError: If the type cannot be validated.
        """
        node = analyze(annotation, constraints)
        self._mode = mode
        return self._write(node)

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
            schema = _constrain(schema, node, constraints)
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
        is_output = self._mode == "serialization" and isinstance(node, ModelNode) and _has_output(node)
        annotation, key = key, (key, "Output") if is_output else key
        name = self._names.get(key)
        if name is None:
            name = short_name(annotation) + ("Output" if is_output else "")
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
        return self._write_pydantic(node.cls, name) if node.kind == "pydantic" else self._write_model(node)

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
        if node.forbid_unknown:
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
        pydantic: Any = require_extra("pydantic", extra="pydantic", needed_for=f"the schema of {cls.__name__}")
        adapter = pydantic.TypeAdapter(cls)
        template = self._prefix + "{model}"
        schema: Schema = adapter.json_schema(ref_template=template, mode=self._mode)
        inner: dict[str, Schema] = schema.pop("$defs", {})
        if any(self.definitions.get(other, UNSET) not in (UNSET, {}, inner[other]) for other in inner):
            template = f"{self._prefix}{name}.{{model}}"
            schema = adapter.json_schema(ref_template=template, mode=self._mode)
            inner = {f"{name}.{other}": made for other, made in schema.pop("$defs", {}).items()}
        own = template.format(model=cls.__name__).removeprefix(self._prefix)
        if own in inner and schema == {"$ref": self._prefix + own}:
            # A recursive model is defined among the others; if it has the same name it is already in its place.
            schema = inner.pop(own) if own == name else schema
        self.definitions.update(inner)
        return schema


def _qualify(key: object) -> str:
    # What is written has its name's ending behind the type.
    annotation, ending = key if isinstance(key, tuple) else (key, "")
    return f"{qualified_name(annotation)}{ending}"


def _has_output(node: ModelNode) -> bool:
    """Tell whether a model of pydantic writes something else than it reads, such as computed fields."""
    if node.kind != "pydantic":
        return False
    pydantic: Any = require_extra("pydantic", extra="pydantic", needed_for=f"the schema of {node.name}")
    adapter = pydantic.TypeAdapter(node.cls)
    return bool(adapter.json_schema(mode="serialization") != adapter.json_schema())


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
        schema = _constrain(schema, node, constraints)
    return schema


def _fix_items(items: list[Schema], least: int, *, is_open: bool = False) -> Schema:
    schema: Schema = {"type": "array", "prefixItems": items, "minItems": least}
    if not items:
        del schema["prefixItems"]
    return schema if is_open else {**schema, "maxItems": len(items)}


def _constrain(schema: Schema, node: Node, constraints: Constraints) -> Schema:
    """Add keywords; one that is taken already goes into `allOf`, where both hold."""
    added: Schema = {}
    for name, keyword in _BOUNDS.items():
        bound = getattr(constraints, name)
        if isinstance(bound, int | float | Decimal):
            added[keyword] = bound if isinstance(bound, int) else float(bound)
    for name, least in (("min_length", "min"), ("max_length", "max")):
        length = getattr(constraints, name)
        if length is not None:
            keyword, number = _length(node, least, length)
            added[keyword] = number
    if constraints.pattern is not None:
        added["pattern"] = constraints.pattern
    schema = dict(schema)
    taken = {keyword: value for keyword, value in added.items() if keyword in schema}
    schema |= {keyword: value for keyword, value in added.items() if keyword not in taken}
    if taken:
        schema["allOf"] = [*schema.get("allOf", []), taken]
    for name in ("title", "description", "examples"):
        text = getattr(constraints, name)
        if text is not None:
            schema[name] = list(text) if isinstance(text, tuple) else text
    return schema


def _length(node: Node, least: str, length: int) -> tuple[str, int]:
    if isinstance(node, ScalarNode):
        # Four characters of base64 carry three bytes.
        return f"{least}Length", 4 * math.ceil(length / 3) if node.kind == "bytes" else length
    return (f"{least}Properties" if isinstance(node, MapNode) else f"{least}Items"), length


def _describe(cls: type) -> str | None:
    text = vars(cls).get("__doc__")
    # Dataclasses and named tuples write their signature where the author wrote nothing.
    if not isinstance(text, str) or text.startswith(f"{cls.__name__}("):
        return None
    return inspect.cleandoc(text)
