"""
Unions in the plain engine: which member takes a value, and whose errors are told when none does.

A value goes to the first member that accepts it, in the order written, except that an integer prefers the members
made for integers. When none accepts it, the errors of the one member that was plainly meant are reported.
"""

from typing import Any

from covet.introspection import type_name
from covet.validation.failures import Converter, Failed, fail
from covet.validation.nodes import ChoiceNode, ModelNode, Node, ScalarNode, UnionNode


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
    tagged = _tags(members)

    def convert(value: Any) -> object:
        if tagged is not None and value.__class__ is dict:
            chosen = _choose(tagged, value)
            if chosen is not None:
                return chosen(value)
        failures = []
        for converter in for_integers if value.__class__ is int else converters:
            converted = converter(value)
            if converted.__class__ is not Failed:
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


# ── Members told apart by a field ────────────────────────────────────────────

Tags = tuple[str, dict[tuple[type, object], Converter]]


def _tags(members: list[tuple[Node, Converter]]) -> Tags | None:
    """Find the field whose fixed values tell all the models of a union apart."""
    models = [(member, convert) for member, convert in members if isinstance(member, ModelNode)]
    if len(models) < 2:
        return None
    offered = [_fixed_fields(model) for model, _ in models]
    for key in offered[0]:
        if not all(key in fields for fields in offered):
            continue
        table: dict[tuple[type, object], Converter] = {}
        total = 0
        for fields, (_, convert) in zip(offered, models, strict=True):
            for value in fields[key]:
                table[(value.__class__, value)] = convert
                total += 1
        if len(table) == total:
            return key, table
    return None


def _fixed_fields(model: ModelNode) -> dict[str, list[object]]:
    if model.tag is not None:
        return {model.tag[0]: [model.tag[1]]}
    return {
        field.key: [sent for sent, _ in field.node.values]
        for field in model.fields
        if field.required and isinstance(field.node, ChoiceNode)
    }


def _choose(tags: Tags, value: dict[str, object]) -> Converter | None:
    key, table = tags
    sent = value.get(key)
    if sent.__class__ not in {str, int, bool}:
        return None
    return table.get((sent.__class__, sent))
