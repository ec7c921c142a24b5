"""
The name that a client gives to a file: made harmless to show, or to store under.
"""

import re
from typing import Final

MAX_FILE_NAME: Final = 255
"""How many bytes a file's name may have: what nearly all file systems take."""

# Control characters, what ends a line elsewhere, and marks that turn the direction of text: they hide the real ending.
# Compiled when it is used: the module is loaded with covet, and most applications take no files.
_UNFIT: Final = r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
_MAX_ENDING: Final = 32
# APPSEC: docs/security.md, rows 37 to 42. Windows takes these for devices, whatever the directory and the ending.
_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"]
    + [f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"]
)
# Of what no name may hold, `:` names drives and hidden streams, and the rest wildcards and pipes on Windows.
_FORBIDDEN: Final = frozenset('\\/:*?"<>|')


def clean_file_name(text: str) -> str:
    r"""
    Return the last part of a client's file name, without control characters, of at most 255 bytes.

    It is for people to read. Some systems give names such as `CON` a meaning: store under names of your own, or under
    what `make_storable_name` makes of it.

    Example:
        >>> clean_file_name("../../etc/passwd"), clean_file_name("C:\\photos\\tea\0.png"), clean_file_name("..")
        ('passwd', 'tea.png', '')
    """
    # APPSEC: docs/security.md, row 17: a client's name becomes a path.
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


def make_storable_name(text: str, *, default: str = "file") -> str:
    r"""
    Return a name that every file system takes for a plain file, as near to a client's file name as can be.

    What it returns is found by a `FileResponse` with a `root`, and makes itself again: a name that it changes is none
    that was stored. Two files may still have the same name.

    Args:
        text: The client's name.
        default: What a file is called of whose name nothing is left.

    Example:
        >>> make_storable_name("../../.profile"), make_storable_name("What? 1:2.txt"), make_storable_name("nul.txt")
        ('profile', 'What_ 1_2.txt', '_nul.txt')
        >>> make_storable_name("..", default="upload")
        'upload'
    """
    # APPSEC: docs/security.md, row 17: a client's name becomes a path.
    name = "".join(map(_mend, clean_file_name(text))).strip(". ") or default
    if not is_usable_part(name):
        # A device; anything else was mended.
        name = f"_{name}"
    # Once more, since it may be longer by a character now; and a cut may end with a space.
    return clean_file_name(name).rstrip(". ")


def is_usable_part(part: str) -> bool:
    """
    Tell whether a part of a path may be the name of a file or directory on every system, hidden ones included.

    Example:
        >>> is_usable_part("tea.txt"), is_usable_part(".."), is_usable_part("a:b"), is_usable_part("COM1.txt")
        (True, False, False, False)
    """
    if not part or part in {".", ".."} or len(part) > MAX_FILE_NAME or not part.isprintable():
        return False
    if not _FORBIDDEN.isdisjoint(part) or part[-1] in ". ":
        return False
    # Windows looks at what stands before the first dot, without spaces.
    return len(part) < 3 or part.partition(".")[0].rstrip(" ").lower() not in _DEVICES


def _mend(character: str) -> str:
    if character.isspace():
        # Some systems put narrow ones, and ones that break no line, into the names that they make.
        return " "
    return character if character.isprintable() and character not in _FORBIDDEN else "_"


def _cut(text: str, size: int) -> str:
    return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore")


__all__ = ["MAX_FILE_NAME", "clean_file_name", "make_storable_name"]
