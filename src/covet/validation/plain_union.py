"""
Unions in the plain engine: which member takes a value, and whose errors are told when none does.

A value goes to the first member that accepts it, in the order written, except that an integer prefers the members
made for integers. Models with a tag, or with a required field of fixed values, are told apart by it and only the one
that is meant is tried. When none accepts a value, the errors of the one member that was plainly meant are reported.
"""

from typing import Any

from covet.introspection import type_name
from covet.validation.failures import Converter, Failed, Problem, fail
from covet.validation.nodes import ChoiceNode, ModelNode, Node, ScalarNode, UnionNode
from covet.validation.shape import find_tag


def make_union(node: UnionNode, converters: list[Converter]) -> Converter:
    """
    Make the converter of a union from those of its members, in the same order.

    Example:
        >>> member = ScalarNode(annotation=int, kind="int")
        >>> make_union(UnionNode(annotation=int, members=(member,)), [lambda value: value])(3)
        3
    """
    members = list(zip(node.members, converters, strict=True))
    for_integers = [pair[1] for pair in sorted(members, key=lambda pair: not _takes_integers(pair[0]))]
    names = [type_name(member.annotation) for member in node.members]
    message = f"must be one of these types: {', '.join(names)}"
    tag = find_tag(node.members)
    if tag is None:
        trying = _make_trying(converters, for_integers, message)
        return _make_optional(trying) if _is_none_alone(node) else trying
    key, values = tag
    chosen = {sent: converters[position] for sent, position in values.items()}
    others = [pair[1] for pair in members if not isinstance(pair[0], ModelNode)]
    try_others = _make_trying(others, others, message) if others else None
    try_all = _make_trying(converters, for_integers, message)
    expected = f"must be one of: {', '.join(repr(sent) for _, sent in values)}"

    def convert(value: Any) -> object:
        if type(value) is not dict:
            return try_all(value)
        sent = value.get(key)
        if sent.__class__ in _TAG_CLASSES and (converter := chosen.get((sent.__class__, sent))):
            return converter(value)
        if try_others is not None:
            converted = try_others(value)
            if type(converted) is not Failed:
                return converted
        return Failed(
            [Problem(expected, "literal", [key]) if key in value else Problem("is required", "missing", [key])]
        )

    return convert


def _is_none_alone(node: UnionNode) -> bool:
    """Tell whether null is for the member `None` and could be for no other."""
    kinds = [member.kind for member in node.members if isinstance(member, ScalarNode | ModelNode)]
    choices = any(isinstance(member, ChoiceNode) for member in node.members)
    return "none" in kinds and not choices and "any" not in kinds and "pydantic" not in kinds


def _make_optional(convert: Converter) -> Converter:
    # PERF: no failure is made of the other members only to be thrown away (benchmarks/body.py, six errors).
    def convert_unless_none(value: object) -> object:
        return None if value is None else convert(value)

    return convert_unless_none


_TAG_CLASSES = frozenset({str, int, bool})


def _make_trying(converters: list[Converter], for_integers: list[Converter], message: str) -> Converter:
    def convert(value: Any) -> object:
        failures = []
        for converter in for_integers if type(value) is int else converters:
            converted = converter(value)
            if type(converted) is not Failed:
                return converted
            failures.append(converted)
        return _report(failures, message)

    return convert


def _takes_integers(node: Node) -> bool:
    return isinstance(node, ChoiceNode) or (isinstance(node, ScalarNode) and node.kind in {"int", "any"})


def _report(failures: list[Any], message: str) -> Failed:
    # A member that refuses the value as a whole was not meant, unless its type was right.
    meant = [failure for failure in failures if not all(_is_misfit(problem) for problem in failure.problems)]
    if len(meant) == 1:
        return Failed(meant[0].problems)
    return fail(message, "union")


def _is_misfit(problem: Any) -> bool:
    return not problem.keys and (problem.type.endswith("_type") or problem.type in {"literal", "enum"})
