"""
The name that a client gives to a file: made harmless to show, never meant as a path.
"""

import re
from typing import Final

MAX_FILE_NAME: Final = 255
"""How many bytes a file's name may have: what nearly all file systems take."""

# Control characters, what ends a line elsewhere, and marks that turn the direction of text: they hide the real ending.
# Compiled when it is used: the module is loaded with covet, and most applications take no files.
_UNFIT: Final = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
_MAX_ENDING: Final = 32


def clean_file_name(text: str) -> str:
    r"""
    Return the last part of a client's file name, without control characters, of at most 255 bytes.

    It is for people to read. Two files may have the same one, and some systems give names such as `CON` a meaning:
    choose names of your own for what you store.

    Example:
        >>> clean_file_name("../../etc/passwd"), clean_file_name("C:\\photos\\tea\0.png"), clean_file_name("..")
        ('passwd', 'tea.png', '')
    """
    # APPSEC: docs/advisories.md, row 17: a client's name becomes a path.
    name = re.sub(_UNFIT, "", text).replace("\\", "/").rpartition("/")[2].strip()
    if not name.strip("."):
        return ""
    size = len(name.encode("utf-8", "replace"))
    if size <= MAX_FILE_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > _MAX_ENDING:
        return _cut(name, MAX_FILE_NAME)
    return _cut(stem, MAX_FILE_NAME - len(f".{ending}".encode())) + dot + ending


def _cut(text: str, size: int) -> str:
    return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore")


__all__ = ["MAX_FILE_NAME", "clean_file_name"]
