"""
How much a form may bring: counts and sizes, checked while it is read.
"""

from dataclasses import dataclass, fields
from typing import Final

from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown

_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FormLimits:
    """
    What a form may have, whatever its content type; the body as a whole has its own limit, `body_limit`.

    Attributes:
        max_fields: How many fields.
        max_field_size: How many bytes each of them.
        max_fields_size: How many bytes all of them together: they stand in memory.
        max_files: How many files.
        max_file_size: How many bytes each of them; `None` leaves it to the body's limit.
        max_part_headers: How many headers each part of a multipart body.
        max_part_header_size: How many bytes each of them.
        memory: How many bytes of files are kept in memory, for all files of a form together; the rest goes to disk.

    Raises:
        ConfigurationError: If one is no number of at least 0.

    Example:
        >>> FormLimits(max_files=1).max_files, FormLimits().max_files
        (1, 100)
    """

    max_fields: int = 1000
    max_field_size: int = _MIB
    max_fields_size: int = 8 * _MIB
    max_files: int = 100
    max_file_size: int | None = None
    max_part_headers: int = 16
    max_part_header_size: int = 8 * 1024
    memory: int = _MIB

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if value is None and item.name == "max_file_size":
                continue
            if type(value) is not int or value < 0:
                or_none = " or None" if item.name == "max_file_size" else ""
                raise ConfigurationError(f"{item.name} must be a number of at least 0{or_none}, got {value!r}.")


FormLimits.__init__ = refuse_unknown(FormLimits.__init__)  # type: ignore[method-assign]

DEFAULT_FORM_LIMITS: Final = FormLimits()


__all__ = ["DEFAULT_FORM_LIMITS", "FormLimits"]
