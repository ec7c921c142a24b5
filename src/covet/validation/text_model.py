"""
A model whose fields are texts with names of their own: parameters of a query, headers, cookies, fields of a form.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, Final

from covet.exceptions import ConfigurationError, ValidationError
from covet.introspection import Annotation, type_name
from covet.types import UNSET
from covet.validation.analysis import analyze
from covet.validation.blanks import compile_blanks
from covet.validation.failures import MAX_ERRORS, MAX_KEY_LENGTH, Failed, Problem
from covet.validation.nodes import ArrayNode, MapNode, ModelNode, Node, UnionNode
from covet.validation.pydantic_shape import analyze_field, list_pydantic_fields
from covet.validation.text_tree import TextTree, compile_tree, forbid_unknown

_EMPTY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class TextField:
    """
    A field of such a model.

    Attributes:
        name: The attribute.
        key: The name on the wire.
        annotation: Its type.
        is_required: Whether it must come.
        default: What it is otherwise; `UNSET` if that is not a plain value.
        default_factory: What makes that value, if anything does.
        has_parts: Whether one text, or a list of them, cannot carry it.
        metadata: What `Annotated` says of it beyond its type.
    """

    name: str
    key: str
    annotation: Any
    is_required: bool
    default: object = UNSET
    default_factory: Callable[[], object] | None = None
    has_parts: bool = False
    metadata: tuple[object, ...] = ()


class TextModel:
    """
    Makes a model from the texts of its fields, or says everything that is wrong with them.

    Args:
        annotation: The model, or a mapping; `Model | None` is the model.
        rename: Makes the name on the wire from that of a field.
        forbids: Whether names that the model does not have are refused; by default the model decides.
        drops_blanks: Whether an empty text stands for none, where there is a default and the type has no empty text.

    Attributes:
        fields: Its fields.

    Raises:
        ConfigurationError: If it is no model, or has a field that texts cannot carry.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Page:
        ...     number: int
        ...     size: int = 20
        >>> TextModel(Page).read({"number": ["2"]}, source="query", pointer="")
        Page(number=2, size=20)
    """

    __slots__ = ("_convert", "_drop", "_forbids", "_keys", "_renamed", "fields")

    def __init__(
        self,
        annotation: Annotation,
        *,
        rename: Callable[[str], str] = str,
        forbids: bool | None = None,
        drops_blanks: bool = False,
    ) -> None:
        node = _find_model(analyze(annotation), annotation)
        self._renamed: dict[str, str] = {}
        if isinstance(node, MapNode):
            fields = []
        elif node.kind == "pydantic":
            fields = [
                TextField(
                    item.name,
                    rename(item.key),
                    item.annotation,
                    item.is_required,
                    UNSET if item.is_required or item.default_factory is not None else item.default,
                    item.default_factory,
                    _has_parts(analyze_field(item.annotation)),
                )
                for item in list_pydantic_fields(node.cls)
            ]
            self._renamed = {rename(item.key): item.key for item in list_pydantic_fields(node.cls)}
        else:
            # The names on the wire are those of the errors, too.
            node.fields = tuple(replace(field, key=rename(field.key)) for field in node.fields)
            fields = [
                TextField(
                    field.attribute,
                    field.key,
                    field.node.annotation,
                    field.required,
                    field.default,
                    field.default_factory,
                    _has_parts(field.node),
                    field.metadata,
                )
                for field in node.fields
            ]
        self.fields = tuple(fields)
        if forbids:
            forbid_unknown(node)
        self._forbids = isinstance(node, ModelNode) and node.forbid_unknown
        self._keys = frozenset(field.key for field in fields)
        self._convert = compile_tree(node)
        self._drop = compile_blanks(node) if drops_blanks else None

    def __repr__(self) -> str:
        return f"<TextModel of {', '.join(field.key for field in self.fields)}>"

    @property
    def forbids(self) -> bool:
        """Whether it refuses names that it does not have."""
        return self._forbids

    @property
    def keys(self) -> AbstractSet[str]:
        """The names of its fields on the wire."""
        return self._keys

    # Any: the model.
    def read(
        self,
        tree: Mapping[str, TextTree],
        *,
        source: str,
        pointer: str,
        others: AbstractSet[str] = _EMPTY,
        files: AbstractSet[str] = _EMPTY,
    ) -> Any:
        """
        Make the model.

        Args:
            tree: The texts by the names of the fields.
            source: Where they came from, for the errors.
            pointer: The place of the model in its source, for the errors.
            others: Names that are not the model's to judge.
            files: Names of what is no text, and so no field: it is refused where a field has the name, and where
                unknown names are.

        Raises:
            ValidationError: If they do not fit; carries every error.
        """
        renamed = self._renamed
        given: TextTree = {
            renamed.get(key, key): value for key, value in tree.items() if key in self._keys or key not in others
        }
        result = self._convert(given if self._drop is None else self._drop(given))
        problems = [self._place(item) for item in result.problems] if isinstance(result, Failed) else []
        if files:
            problems = self._refuse_files(problems, (files & self._keys) - tree.keys())
            if self._forbids:
                problems += self._list_unknown(files)
        if not problems:
            return result
        raise ValidationError([item.make_item(source, pointer) for item in problems[:MAX_ERRORS]])

    def refuse_unknown(self, names: AbstractSet[str], *, source: str) -> None:
        """
        Refuse names that are no fields, where the model itself did not come, if it refuses any.

        Raises:
            ValidationError: If it does, and there is one.
        """
        problems = self._list_unknown(names) if self._forbids else []
        if problems:
            raise ValidationError([item.make_item(source, "") for item in problems[:MAX_ERRORS]])

    @staticmethod
    def _refuse_files(problems: list[Problem], names: AbstractSet[str]) -> list[Problem]:
        """Say of fields that came as files that they did, rather than that they are missing."""
        others = [item for item in problems if item.type != "missing" or item.keys[-1] not in names]
        return others + [Problem("must be text, not a file", "text_type", [name]) for name in sorted(names)]

    def _list_unknown(self, names: AbstractSet[str]) -> list[Problem]:
        return [
            Problem("is not a known field", "unknown_field", [name] if len(name) <= MAX_KEY_LENGTH else [])
            for name in sorted(names - self._keys)
        ]

    def _place(self, problem: Problem) -> Problem:
        """Name the place as the client knows it, where pydantic knows another name."""
        if self._renamed and problem.keys:
            back = {key: name for name, key in self._renamed.items()}
            outermost = problem.keys[-1]
            if isinstance(outermost, str):
                problem.keys[-1] = back.get(outermost, outermost)
        return problem


def _find_model(node: Node, annotation: Annotation) -> ModelNode | MapNode:
    members = node.members if isinstance(node, UnionNode) else (node,)
    models = [member for member in members if isinstance(member, ModelNode | MapNode)]
    if len(models) == 1 and len(members) - len(models) <= 1:
        return models[0]
    raise ConfigurationError(
        f"{type_name(annotation)} is no model whose fields could be read one by one.",
        hint="Use one dataclass, TypedDict, NamedTuple, msgspec.Struct, attrs or pydantic class.",
    )


def _has_parts(node: Node) -> bool:
    if isinstance(node, UnionNode):
        return any(map(_has_parts, node.members))
    if isinstance(node, ArrayNode):
        return _has_parts(node.item) or isinstance(node.item, ArrayNode)
    return isinstance(node, ModelNode | MapNode)


__all__ = ["TextField", "TextModel"]
