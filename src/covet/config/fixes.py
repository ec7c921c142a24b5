"""
The three ways to set a value, spelled out: what a report of errors ends each entry with.
"""

import json
from pathlib import Path

from covet.config.fields import Field
from covet.config.names import VariableNames
from covet.config.secret import Secret


def write_fixes(field: Field, names: VariableNames, file: Path | None = None) -> tuple[str, ...]:
    """
    Say how to set a field: a variable, a line of a file, a keyword argument.

    Args:
        field: The field.
        names: The variables' names.
        file: The configuration file in use; its format is that of the second way.

    Example:
        >>> from covet.config.fields import read_annotations
        >>> class Shop:
        ...     currency: str
        >>> shape = read_annotations(Shop)
        >>> for fix in write_fixes(shape.members["currency"], VariableNames(shape, "COVET_")):
        ...     print(fix)
        Set the environment variable: export COVET_CURRENCY="..."
        add to config.toml: currency = "..."
        pass it: Settings(currency="...")
    """
    value = "..." if field.is_secret else _write_example(field.default)
    variable, *aliases = names.list_of(field.path)
    also = f" (or {', '.join(aliases)})" if aliases else ""
    # In a file a secret is only referred to.
    in_file = f'"${{{"_".join(field.path).upper()}}}"' if field.is_secret else json.dumps(value)
    name = file.name if file is not None else "config.toml"
    keyword = "".join(f"{part}={{" if not index else f'"{part}": {{' for index, part in enumerate(field.path[:-1]))
    last = field.path[-1]
    keyword += f'"{last}": {value!r}' if len(field.path) > 1 else f"{last}={value!r}"
    keyword = keyword.replace("'", '"') + "}" * (len(field.path) - 1)
    return (
        f"Set the environment variable: export {variable}={_quote(value)}{also}",
        f"add to {name}{_write_entry(field, in_file, file)}",
        f"pass it: Settings({keyword})",
    )


def _write_example(default: object) -> object:
    # The default is what is known to be right; a text says where something goes.
    return default if isinstance(default, bool | int | float) and not isinstance(default, Secret) else "..."


def _quote(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else json.dumps(value)


def _write_entry(field: Field, value: str, file: Path | None) -> str:
    suffix = ".toml" if file is None else file.suffix.lower()
    *sections, last = field.path
    if suffix == ".json":
        text = f'"{last}": {value}'
        for part in reversed(sections):
            text = f'"{part}": {{{text}}}'
        return f": {text}"
    if suffix in {".yaml", ".yml"}:
        text = f"{last}: {value}"
        for part in reversed(sections):
            text = f"{part}: {{{text}}}"
        return f": {text}"
    below = f", below [{'.'.join(sections)}]" if sections else ""
    return f"{below}: {last} = {value}"
