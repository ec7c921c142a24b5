"""
The files, kept in one directory. It knows nothing of HTTP but the statuses of what goes wrong.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Self, TypeVar
from uuid import uuid4

from covet.config import ByteSize, section
from covet.exceptions import ConflictError, ContentTooLargeError, NotFoundError, ValidationError
from covet.http.file_names import make_storable_name
from covet.http.file_types import guess_media_type
from covet.threads import run_in_thread

T = TypeVar("T")

# Hidden, so that nobody sees a file before it is whole.
ARRIVING = ".arriving-"


@section
class ShelfSettings:
    """
    Where the files are, and how many bytes: `COVET_SHELF__QUOTA=20GB`, or `[shelf]` in config.toml.
    """

    directory: Path = Path("shelf")
    quota: ByteSize = 2_000_000_000
    file_limit: ByteSize = 500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """
    A file on the shelf.
    """

    name: str
    size: int
    type: str
    changed: datetime

    @classmethod
    def at(cls, path: Path) -> Self:
        """
        Look at a file. It blocks.
        """
        status = path.stat()
        changed = datetime.fromtimestamp(status.st_mtime, UTC)
        return cls(name=path.name, size=status.st_size, type=guess_media_type(path.name), changed=changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """
    What is on the shelf, and what else would fit.
    """

    files: list[StoredFile]
    used: int
    quota: int
    file_limit: int


class Shelf:
    """
    Files by their names: none is seen before it is whole, and none is ever replaced.
    """

    def __init__(self, settings: ShelfSettings) -> None:
        self.directory = settings.directory
        self._settings = settings
        self._lock = Lock()
        self.directory.mkdir(parents=True, exist_ok=True)
        # What a process left that was killed.
        for path in self.directory.glob(f"{ARRIVING}*"):
            path.unlink()

    @asynccontextmanager
    async def receive(self, name: str, size: int) -> AsyncIterator[BinaryIO]:
        """
        Give a file to write to. It is on the shelf if the block ends well, and nowhere if it does not.
        """
        if (storable := make_storable_name(name)) != name:
            raise ValidationError(f"A file cannot be called {name!r} here. It could be {storable!r}.")
        file = await run_in_thread(self._reserve, name, size)
        try:
            yield file
            await run_in_thread(self._keep, file, name)
        finally:
            await run_in_thread(self._discard, file)

    async def list_files(self) -> Listing:
        """
        List the files in the order of their names.
        """
        return await run_in_thread(self._list)

    async def get(self, name: str) -> StoredFile:
        """
        Tell about a file, or answer 404.
        """
        return await self._use(name, StoredFile.at)

    async def remove(self, name: str) -> None:
        """
        Take a file off the shelf, or answer 404.
        """
        await self._use(name, Path.unlink)

    async def _use(self, name: str, function: Callable[[Path], T]) -> T:
        with suppress(FileNotFoundError):
            if make_storable_name(name) == name:
                return await run_in_thread(function, self.directory / name)
        raise NotFoundError(f"There is no file {name!r}.")

    # ── In threads: these block ──────────────────────────────────────────────

    def _list(self) -> Listing:
        files = [file for file in self._look() if make_storable_name(file.name) == file.name]
        used = sum(file.size for file in files)
        return Listing(files=files, used=used, quota=self._settings.quota, file_limit=self._settings.file_limit)

    def _look(self) -> Iterator[StoredFile]:
        for path in sorted(self.directory.iterdir()):
            with suppress(FileNotFoundError):  # It was deleted in between.
                yield StoredFile.at(path)

    def _reserve(self, name: str, size: int) -> BinaryIO:
        """
        Open a file that is as large at once as it will be, so that two uploads cannot take the same room.
        """
        if size > self._settings.file_limit:
            raise ContentTooLargeError(limit=self._settings.file_limit)
        with self._lock:
            self._refuse_taken(name)
            if sum(file.size for file in self._look()) + size > self._settings.quota:
                raise ContentTooLargeError(f"There is no room left for {name!r}.")
            file = (self.directory / f"{ARRIVING}{uuid4().hex}").open("xb")
            file.truncate(size)
        return file

    def _keep(self, file: BinaryIO, name: str) -> None:
        file.close()
        with self._lock:
            self._refuse_taken(name)
            Path(file.name).rename(self.directory / name)

    def _refuse_taken(self, name: str) -> None:
        if (self.directory / name).exists():
            raise ConflictError(f"There is a file {name!r} already.")

    def _discard(self, file: BinaryIO) -> None:
        file.close()
        Path(file.name).unlink(missing_ok=True)
