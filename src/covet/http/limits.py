"""
How large a request's head may be: the framework checks it, and each server is told the same.
"""

from typing import Final

from covet.exceptions import HeadersTooLargeError, URITooLongError
from covet.http.percent import encode_path

MAX_HEADERS: Final = 100
MAX_HEADERS_SIZE: Final = 64 * 1024
MAX_PATH_SIZE: Final = 8192
MAX_QUERY_SIZE: Final = 8192

# One character of a decoded path came as at most twelve bytes: four of UTF-8, each percent-encoded.
SURELY_SHORT_PATH: Final = MAX_PATH_SIZE // 12


def check_headers_size(count: int, size: int) -> None:
    """
    Refuse too many headers, or too large ones.

    Args:
        count: How many there are.
        size: Their bytes in all.

    Raises:
        HeadersTooLargeError: If a limit is passed.
    """
    if count > MAX_HEADERS or size > MAX_HEADERS_SIZE:
        raise HeadersTooLargeError(f"The limits are {MAX_HEADERS} headers and {MAX_HEADERS_SIZE} bytes in all.")


def check_target_size(path: str, raw_path: bytes | None, query_size: int) -> None:
    """
    Refuse a path or a query that is too long, by the bytes that were sent.

    Args:
        path: The decoded path.
        raw_path: The path as it came; where the server does not tell, `path` is encoded again.
        query_size: The length of the query in bytes.

    Raises:
        URITooLongError: If a limit is passed.
    """
    if query_size > MAX_QUERY_SIZE or _is_long(path, raw_path):
        raise URITooLongError(f"The limit is {MAX_PATH_SIZE} bytes.")


def _is_long(path: str, raw_path: bytes | None) -> bool:
    if raw_path is not None:
        return len(raw_path) > MAX_PATH_SIZE
    if len(path) <= SURELY_SHORT_PATH:
        return False
    # What is too long already is not encoded first.
    return len(path) > MAX_PATH_SIZE or len(encode_path(path.encode("utf-8", "replace").decode())) > MAX_PATH_SIZE
