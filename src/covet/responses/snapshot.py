"""
What is known of a file at one moment: enough to decide about it, and its content if it is small.
"""

import time
from typing import Final, NamedTuple

from covet.responses.open_file import Identity, OpenFile

# What is read in the turn in which a file is looked at; a larger one is sent in pieces, or by the server.
SMALL_SIZE: Final = 64 * 1024


class FileSnapshot(NamedTuple):
    """
    A file at one moment.

    Attributes:
        path: Where it is.
        size: Its size in bytes.
        last_modified: When it was changed, in seconds since 1970; now, if that is to come.
        etag: Its entity tag.
        coding: The coding of its content; `None` for none.
        content: All of it, if it is small.
        identity: What tells it from a file that took its place.
        taken_at: The moment, by `time.monotonic()`.
    """

    path: str
    size: int
    last_modified: float
    etag: str
    coding: str | None
    content: bytes | None
    identity: Identity
    taken_at: float

    @classmethod
    def take(cls, file: OpenFile) -> "FileSnapshot":
        """
        Look at a file, and close it. It blocks: call it in a thread.

        Args:
            file: The file, opened.
        """
        try:
            size, content = file.size, None
            if size <= SMALL_SIZE:
                content = file.read(0, SMALL_SIZE)
                # It may be changed in this moment: what was read is what there is.
                size = len(content)
            # RFC 9110 §8.8.2.1: never later than now, whatever the file system says; no HTTP date lies before year 1.
            changed = max(0.0, min(file.last_modified, time.time()))
            return cls(file.path, size, changed, file.etag, file.coding, content, file.identity, time.monotonic())
        finally:
            file.close()
