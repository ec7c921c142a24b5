"""
The converter of a model, as generated code: straight through its fields, with a call only where there is a question.

It is one pass, whatever it meets: no field is converted twice, so that a nested input costs what its size is.
"""

import keyword
from collections.abc import Callable
from types import NoneType

from covet.exceptions import ValidationError
from covet.types import UNSET
from covet.validation.failures import MAX_ERRORS, MAX_KEY_LENGTH, Converter, Failed, Problem, fail
from covet.validation.generated import compile_lines
from covet.validation.nodes import ArrayNode, ModelField, ModelNode, ScalarNode, UnionNode
from covet.validation.shape import simple_class

Lines = list[str]
Names = dict[str, object]


def make_object_converter(
    node: ModelNode,
    fields: list[tuple[ModelField, Converter]],
    construct: Callable[..., object],
    refuse: Callable[[Exception], Failed],
) -> Converter:
    """
    Generate the converter from a JSON object to an instance.

    Args:
        node: The model.
        fields: Its fields with their converters.
        construct: Makes the instance from keyword arguments.
        refuse: Says what is wrong when the author's own code refused them.
    """
    names: Names = {
        "construct": construct,
        "refuse": refuse,
        "fail": fail,
        "Failed": Failed,
        "Problem": Problem,
        "MISSING": object(),
        "Refusals": (ValueError, TypeError, ValidationError),
    }
    given = [_is_given(field) for field, _ in fields]
    lines = ["def convert_object(value):", *_write_start(fields)]
    if not all(given):
        lines.append("    more = {}")
    for index, (field, convert) in enumerate(fields):
        lines += _write_field(index, field, convert, given[index], names)
    lines += _write_rules(node, fields, names)
    arguments = [f"{field.name}=v{index}" for index, (field, _) in enumerate(fields) if given[index]]
    arguments += [] if all(given) else ["**more"]
    lines += [
        "    if problems:",
        f"        return Failed(problems[:{MAX_ERRORS}])",
        "    try:",
        f"        return construct({', '.join(arguments)})",
        "    except Refusals as exc:",
        "        return refuse(exc)",
    ]
    compile_lines(lines, names, title=node.name)
    made: Converter = names["convert_object"]  # type: ignore[assignment]
    return made


def _is_given(field: ModelField) -> bool:
    """Tell whether the constructor is always given the field, by its name."""
    named = field.name.isidentifier() and not keyword.iskeyword(field.name)
    return named and (field.required or field.default is not UNSET or field.default_factory is not None)


def _write_start(fields: list[tuple[ModelField, Converter]]) -> Lines:
    lines = [
        "    if type(value) is not dict:",
        "        return fail('must be an object', 'object_type')",
        "    problems = []",
    ]
    required = [(index, repr(field.key)) for index, (field, _) in enumerate(fields) if field.required]
    if required:
        # PERF: one look-up a field when all are there, instead of two (benchmarks/body.py, six errors).
        lines += ["    try:", *(f"        v{index} = value[{key}]" for index, key in required)]
        lines += ["    except KeyError:", *(f"        v{index} = value.get({key}, MISSING)" for index, key in required)]
    return lines


def _write_field(index: int, field: ModelField, convert: Converter, given: bool, names: Names) -> Lines:
    value, key = f"v{index}", repr(field.key)
    names[f"convert{index}"] = convert
    if not field.required:
        lines = [f"    if {key} in value:", f"        {value} = value[{key}]"]
        lines += _write_conversion(index, field, "        ", names)
        if not given:
            lines.append(f"        more[{field.name!r}] = {value}")
        else:
            names[f"missing{index}"] = field.default_factory if field.default is UNSET else field.default
            call = "()" if field.default is UNSET else ""
            lines += ["    else:", f"        {value} = missing{index}{call}"]
        return lines
    lines = _write_conversion(index, field, "    ", names)
    if not given:
        lines.append(f"    more[{field.name!r}] = {value}")
    return lines


def _write_conversion(index: int, field: ModelField, indent: str, names: Names) -> Lines:
    value, key = f"v{index}", repr(field.key)
    lines = []
    doubt = _write_doubt(index, field, names)
    if doubt is not None:
        lines.append(f"{indent}if {doubt}:")
        indent += "    "
    if field.required:
        lines.append(f"{indent}if {value} is MISSING:")
        lines.append(f"{indent}    problems.append(Problem('is required', 'missing', [{key}]))")
        lines.append(f"{indent}else:")
        indent += "    "
    lines += [
        f"{indent}{value} = convert{index}({value})",
        f"{indent}if type({value}) is Failed:",
        f"{indent}    problems += {value}.at({key})",
    ]
    return lines


def _write_doubt(index: int, field: ModelField, names: Names) -> str | None:
    """Write the question that spares the call of a converter; `None` if there is no short one."""
    value, node = f"v{index}", field.node
    cls = simple_class(node)
    if cls is not None:
        return _write_other(value, cls)
    if isinstance(node, UnionNode) and all(map(simple_class, node.members)):
        return " and ".join(_write_other(value, cls) for cls in map(simple_class, node.members) if cls is not None)
    if any(constraints.checks for constraints in node.constraints):
        return None
    if isinstance(node, ScalarNode) and node.kind == "float":
        # Infinity and NaN are the numbers that are not zero when taken from themselves.
        return f"type({value}) is not float or {value} - {value} != 0.0"
    if isinstance(node, ArrayNode) and node.factory is list and (cls := simple_class(node.item)):
        names[f"fits{index}"] = frozenset({cls}).issuperset
        return f"type({value}) is not list or not fits{index}(map(type, {value}))"
    return None


def _write_other(value: str, cls: type) -> str:
    return f"{value} is not None" if cls is NoneType else f"type({value}) is not {cls.__name__}"


def _write_rules(node: ModelNode, fields: list[tuple[ModelField, Converter]], names: Names) -> Lines:
    lines: Lines = []
    if node.forbid_unknown:
        names["known"] = frozenset(field.key for field, _ in fields) | ({node.tag[0]} if node.tag else set())
        names["unknown"] = _make_unknown
        lines += [
            "    if not known.issuperset(value):",
            f"        problems += [unknown(key) for key in value if key not in known][:{MAX_ERRORS}]",
        ]
    if node.tag is not None:
        names["tag_problem"] = f"must be {node.tag[1]!r}"
        lines += [
            f"    if value.get({node.tag[0]!r}, {node.tag[1]!r}) != {node.tag[1]!r}:",
            f"        problems.append(Problem(tag_problem, 'literal', [{node.tag[0]!r}]))",
        ]
    return lines


def _make_unknown(key: str) -> Problem:
    keys: list[str | int] = [key] if len(key) <= MAX_KEY_LENGTH else []
    return Problem("is not a known field", "unknown_field", keys)
