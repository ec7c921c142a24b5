"""
What a docstring says that a document can use: a summary, a description, and the sections of the Google style.
"""

import builtins
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from inspect import cleandoc, unwrap
from typing import Any, Final

# Any: a handler, a factory or a class, whatever its parameters.
Documented = Callable[..., Any]

_SECTION: Final = re.compile(
    r"(Args|Arguments|Parameters|Attributes|Returns|Yields|Raises|Examples?|Notes?|Warns|See Also|Todo):\s*"
)
_ENTRY: Final = re.compile(r"([A-Za-z_][\w.]*)\s*(?:\([^)]*\))?:\s+(.*)")
# A model says there what its fields are.
_ARGUMENTS: Final = ("Args", "Arguments", "Parameters", "Attributes")
_KEPT: Final = frozenset({"Note", "Notes"})


@dataclass(frozen=True, slots=True)
class Docstring:
    """
    A docstring, taken apart.

    Attributes:
        summary: Its first paragraph in one line, without the full stop.
        description: What follows up to the first section, and the notes.
        arguments: What is said of each argument, or of each attribute of a model.
        returns: What is said of the result.
        raises: What is said of each exception, by the name that stands there.
    """

    summary: str = ""
    description: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    returns: str = ""
    raises: Mapping[str, str] = field(default_factory=dict)


def read_docstring(func: Documented) -> Docstring:
    """
    Take the docstring of a function or a class apart; one that is inherited from a builtin says nothing.

    Example:
        >>> def show(user_id: int) -> str:
        ...     '''
        ...     Show a user.
        ...
        ...     Whoever it is.
        ...
        ...     Args:
        ...         user_id: Its number.
        ...
        ...     Raises:
        ...         KeyError: If there is none.
        ...     '''
        >>> found = read_docstring(show)
        >>> found.summary, found.description, found.arguments, found.raises
        ('Show a user', 'Whoever it is.', {'user_id': 'Its number.'}, {'KeyError': 'If there is none.'})
    """
    text = getattr(find_documented(func), "__doc__", None)
    return parse_docstring(text) if isinstance(text, str) else Docstring()


def parse_docstring(text: str) -> Docstring:
    """
    Take a docstring apart.

    Example:
        >>> parse_docstring("Show all of it.").summary
        'Show all of it'
    """
    prose, sections = _split_sections(cleandoc(text))
    summary, _, rest = prose.partition("\n\n")
    notes = [f"**{name}:** {body}" for name, body in sections.items() if name in _KEPT]
    arguments = next((sections[name] for name in _ARGUMENTS if name in sections), "")
    return Docstring(
        summary=_join_lines(summary).removesuffix("."),
        description="\n\n".join(part for part in (rest.strip(), *notes) if part),
        arguments=_read_entries(arguments),
        returns=_join_lines(sections.get("Returns", "")),
        raises=_read_entries(sections.get("Raises", "")),
    )


def find_raised(func: Documented) -> dict[type[Exception], str]:
    """
    Find the exceptions that a docstring names, with what it says of each; names that mean no exception are left out.

    Example:
        >>> def read(path: str) -> str:
        ...     '''
        ...     Read a file.
        ...
        ...     Raises:
        ...         OSError: If there is none.
        ...         Nobody: Ever.
        ...     '''
        >>> find_raised(read)
        {<class 'OSError'>: 'If there is none.'}
    """
    documented = find_documented(func)
    raised = read_docstring(func).raises
    if isinstance(documented, type):
        # Those of the constructor are often written there.
        raised = {**raised, **read_docstring(vars(documented).get("__init__", object)).raises}
    if not raised:
        return {}
    names = _names_of(documented)
    found = {_look_up(names, name): text for name, text in raised.items()}
    return {cls: text for cls, text in found.items() if cls is not None}


def find_documented(func: Documented) -> Documented:
    """
    Find the function or the class whose docstring counts, behind partials, methods and decorators.

    Example:
        >>> find_documented(partial(find_raised, print)) is find_raised
        True
    """
    while isinstance(func, partial):
        func = func.func
    func = getattr(func, "__func__", func)
    return unwrap(func) if hasattr(func, "__wrapped__") else func


def _names_of(documented: Documented) -> Mapping[str, Any]:
    names: Mapping[str, Any] | None = getattr(documented, "__globals__", None)
    module = sys.modules.get(getattr(documented, "__module__", None) or "", builtins)
    return vars(module) if names is None else names


def _look_up(names: Mapping[str, Any], name: str) -> type[Exception] | None:
    first, *rest = name.split(".")
    found = names.get(first, getattr(builtins, first, None))
    for part in rest:
        found = getattr(found, part, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else None


def _split_sections(text: str) -> tuple[str, dict[str, str]]:
    """Split a docstring into what stands before the first section, and the sections."""
    prose: list[str] = []
    sections: dict[str, list[str]] = {}
    target = prose
    for line in text.splitlines():
        head = _SECTION.fullmatch(line)
        if head is not None:
            target = sections.setdefault(head[1], [])
        elif target is not prose and line and not line[0].isspace():
            # Text at the margin ends a section.
            target = prose
            target.append(line)
        else:
            target.append(line)
    return "\n".join(prose).strip(), {name: cleandoc("\n" + "\n".join(lines)) for name, lines in sections.items()}


def _read_entries(text: str) -> dict[str, str]:
    """Read the lines of `name: text`, with those that continue each."""
    entries: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        match = None if line[:1].isspace() else _ENTRY.match(line)
        if match is not None:
            current = entries.setdefault(match[1], [match[2]])
        else:
            current.append(line)
    return {name: _join_lines("\n".join(lines)) for name, lines in entries.items()}


def _join_lines(text: str) -> str:
    return " ".join(text.split())
