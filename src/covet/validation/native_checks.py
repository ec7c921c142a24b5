"""
Constraints that msgspec cannot see, asked about the decoded value in generated code.

The answer "no" is never final: the plain engine decides then.
"""

import keyword
from collections.abc import Callable
from typing import Any

from covet.validation.checks import NO_CHARACTER, NO_ZONE, ZONE, Check, make_checks
from covet.validation.constraints import Constraints
from covet.validation.generated import compile_lines
from covet.validation.nodes import ArrayNode, MapNode, ModelNode, Node, ScalarNode, TupleNode, UnionNode
from covet.validation.shape import parts_of

# Asked about decoded values only.
Holds = Callable[[Any], bool]

_INLINE_BOUNDS = (("ge", ">="), ("gt", ">"), ("le", "<="), ("lt", "<"))
_NUMBERS = frozenset({"int", "float"})


def compile_holds(node: Node) -> Holds | None:
    """
    Make the question whether all constraints hold in a decoded value; `None` if there is nothing to ask.

    Example:
        >>> compile_holds(ScalarNode(annotation=int, kind="int")) is None
        True
        >>> positive = ScalarNode(annotation=int, kind="int", constraints=(Constraints(gt=0),))
        >>> compile_holds(ArrayNode(annotation=list, item=positive, factory=list))([1, 2, 0])
        False
    """
    writer = _Writer()
    question = writer.write(node, "value")
    if question is None:
        return None
    lines = [*writer.lines, "def holds(value):", f"    return {question}"]
    compile_lines(lines, writer.names, title="constraints")
    made: Holds = writer.names["holds"]  # type: ignore[assignment]
    return made


def is_constrained(node: Node) -> bool:
    """
    Tell whether a value, or a part of it, has constraints beyond its type.

    Example:
        >>> is_constrained(ScalarNode(annotation=int, kind="int"))
        False
    """
    return _is_constrained(node, set())


def _is_constrained(node: Node, entered: set[int]) -> bool:
    if id(node) in entered:
        return False
    entered.add(id(node))
    return bool(make_checks(node)) or any(_is_constrained(part, entered) for part in parts_of(node))


class _Writer:
    """Writes questions as expressions, with a function for each model."""

    def __init__(self) -> None:
        self.names: dict[str, object] = {}
        self.lines: list[str] = []
        self._models: dict[int, str] = {}

    def write(self, node: Node, value: str) -> str | None:
        """Write the question about the value of an expression."""
        if not is_constrained(node):
            return None
        questions = [*self._write_own(node, value), *self._write_parts(node, value)]
        return " and ".join(questions) if questions else None

    def _name(self, thing: object) -> str:
        name = f"n{len(self.names)}"
        self.names[name] = thing
        return name

    def _write_own(self, node: Node, value: str) -> list[str]:
        questions = []
        for check, constraints in _checks_by_constraints(node):
            inline = self._write_inline(node, check, constraints, value)
            questions.append(inline or f"{self._name(check.holds)}({value})")
        return questions

    def _write_inline(self, node: Node, check: Check, constraints: Constraints, value: str) -> str | None:
        # A comparison in place costs a tenth of a call to the predicate.
        if check.type.endswith("too_short"):
            return f"len({value}) >= {constraints.min_length}"
        if check.type.endswith("too_long"):
            return f"len({value}) <= {constraints.max_length}"
        if check.type == NO_CHARACTER and len(constraints.without or "") == 1:
            return f"{constraints.without!r} not in {value}"
        if check.type in {ZONE, NO_ZONE}:
            return f"{value}.tzinfo is {'not ' if check.type == ZONE else ''}None"
        if isinstance(node, ScalarNode) and node.kind in _NUMBERS:
            for name, operator in _INLINE_BOUNDS:
                if _WORDS[name] == check.type:
                    return f"{value} {operator} {self._name(getattr(constraints, name))}"
        return None

    def _write_parts(self, node: Node, value: str) -> list[str]:
        if isinstance(node, ArrayNode):
            item = self.write(node.item, "item")
            # The comprehension's own scope lets nested ones use the same name.
            return [] if item is None else [f"all([{item} for item in {value}])"]
        if isinstance(node, TupleNode):
            parts = [self.write(item, f"{value}[{index}]") for index, item in enumerate(node.items)]
            return [part for part in parts if part is not None]
        if isinstance(node, MapNode):
            key, item = self.write(node.key, "key"), self.write(node.value, "item")
            asked = " and ".join(part for part in (key, item) if part is not None)
            return [f"all([{asked} for key, item in {value}.items()])"] if asked else []
        if isinstance(node, UnionNode):
            return self._write_union(node, value)
        return [f"{self._model(node)}({value})"] if isinstance(node, ModelNode) else []

    def _write_union(self, node: UnionNode, value: str) -> list[str]:
        questions = []
        for member in node.members:
            question = self.write(member, value)
            if question is not None:
                classes = self._name(_classes(member))
                questions.append(f"(not isinstance({value}, {classes}) or {question})")
        return [f"({value} is None or {' and '.join(questions)})"] if questions else []

    def _model(self, node: ModelNode) -> str:
        known = self._models.get(id(node))
        if known is not None:
            return known
        name = self._models[id(node)] = f"holds_{len(self._models)}"
        questions = []
        for field in node.fields:
            key = field.attribute
            if node.kind == "typeddict":
                part = f"model[{key!r}]"
            else:
                plain = key.isidentifier() and not keyword.iskeyword(key)
                part = f"model.{key}" if plain else f"getattr(model, {key!r})"
            question = self.write(field.node, part)
            if question is not None and node.kind == "typeddict" and not field.required:
                question = f"({key!r} not in model or {question})"
            if question is not None:
                questions.append(question)
        self.lines += [f"def {name}(model):", f"    return {' and '.join(questions) or 'True'}"]
        return name


_WORDS = {
    "ge": "greater_than_equal",
    "gt": "greater_than",
    "le": "less_than_equal",
    "lt": "less_than",
}


def _checks_by_constraints(node: Node) -> list[tuple[Check, Constraints]]:
    found = []
    for constraints in node.constraints:
        if isinstance(node, ScalarNode):
            alone: Node = ScalarNode(annotation=node.annotation, kind=node.kind, constraints=(constraints,))
        else:
            alone = Node(annotation=node.annotation, constraints=(constraints,))
        found += [(check, constraints) for check in make_checks(alone)]
    return found


def _classes(node: Node) -> tuple[type, ...]:
    if isinstance(node, ScalarNode):
        return (_SCALAR_CLASSES.get(node.kind, object),)
    if isinstance(node, ArrayNode):
        return (node.factory,)
    if isinstance(node, TupleNode):
        return (tuple,)
    if isinstance(node, MapNode):
        return (dict,)
    if isinstance(node, ModelNode):
        return (dict,) if node.kind == "typeddict" else (node.cls,)
    return (object,)


_SCALAR_CLASSES: dict[str, type] = {"bool": bool, "int": int, "float": float, "str": str, "bytes": bytes}
