"""
The schemas of pydantic models, which pydantic writes itself.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from covet._extras import require_extra
from covet.types import UNSET
from covet.validation.schema_names import rename_references
from covet.validation.schema_text import Schema, write_as_text

Mode = Literal["validation", "serialization", "text"]


class PydanticSchema(NamedTuple):
    """
    The schema of a model.

    Attributes:
        schema: What describes it.
        inner: What describes the models in it, by their names.
    """

    schema: Schema
    inner: dict[str, Schema]


def make_pydantic_schema(
    cls: type, name: str, *, prefix: str, mode: Mode, known: Mapping[str, Schema], is_closed: bool = False
) -> PydanticSchema:
    """
    Let pydantic write the schema of a model.

    Args:
        cls: The model.
        name: The name of its definition.
        prefix: What stands before a name in a reference.
        mode: What it is for.
        known: The definitions that there are: a model in it whose name means something else there gets another one.
        is_closed: Whether names that a model does not have are refused, whatever it says itself; for texts.

    Raises:
        MissingDependencyError: If pydantic is not installed.
    """
    pydantic: Any = require_extra("pydantic", extra="pydantic", needed_for=f"the schema of {cls.__name__}")
    adapter = pydantic.TypeAdapter(cls)
    made = PydanticSchema({}, {})
    for template in ("{model}", f"{name}.{{model}}"):
        schema = adapter.json_schema(
            ref_template=prefix + template, mode="serialization" if mode == "serialization" else "validation"
        )
        inner = {template.format(model=other): part for other, part in schema.pop("$defs", {}).items()}
        own = template.format(model=cls.__name__)
        made, ending = PydanticSchema(schema, inner), ""
        if mode == "text":
            made, ending = _write_texts(made, prefix, is_closed=is_closed)
        if all(known.get(other, UNSET) in (UNSET, {}, made.inner[other]) for other in made.inner):
            break
    own += ending
    if own == name and made.schema == {"$ref": prefix + own} and own in made.inner:
        # A recursive model is defined among the others; if it has the same name it is already in its place.
        return PydanticSchema(made.inner.pop(own), made.inner)
    return made


def has_output(cls: type) -> bool:
    """
    Tell whether a model writes something else than it reads, such as computed fields.

    Args:
        cls: The model.
    """
    pydantic: Any = require_extra("pydantic", extra="pydantic", needed_for=f"the schema of {cls.__name__}")
    adapter = pydantic.TypeAdapter(cls)
    return bool(adapter.json_schema(mode="serialization") != adapter.json_schema())


def _write_texts(made: PydanticSchema, prefix: str, *, is_closed: bool) -> tuple[PydanticSchema, str]:
    """Write what texts bring; where that differs, the models in it have names of their own, with that ending."""
    whole = write_as_text(_close(made.schema) if is_closed else made.schema)
    inner = {name: write_as_text(_close(part) if is_closed else part) for name, part in made.inner.items()}
    if inner == made.inner and not is_closed:
        return PydanticSchema(whole, inner), ""
    ending = "ClosedText" if is_closed else "Text"
    renamed = {name: name + ending for name in inner}
    inner = {renamed[name]: part for name, part in inner.items()}
    rename_references([whole, inner], renamed, prefix)
    return PydanticSchema(whole, inner), ending


def _close(schema: Schema) -> Schema:
    return {**schema, "additionalProperties": False} if "properties" in schema else schema


__all__ = ["Mode", "PydanticSchema", "has_output", "make_pydantic_schema"]
