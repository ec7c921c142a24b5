"""
Boxes of documents in a file of JSON, for one process: small, and whole after every crash.
"""

import asyncio
import copy
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from covet.database import DatabaseAdapter, DatabaseUnavailableError, DatabaseURL, QueryError
from covet.exceptions import ConfigurationError
from covet_drawer.statements import Boxes, Document, Statement, bind_values, read_statement


class DrawerAdapter(DatabaseAdapter):
    """A drawer: `drawer:///tea.json`, or `drawer://` for one in memory."""

    def __init__(self) -> None:
        self._boxes: Boxes | None = None
        self._path: Path | None = None
        self._writing = asyncio.Lock()
        # The boxes of an open transaction, and the task that has opened it.
        self._open: Boxes | None = None
        self._task: asyncio.Task[Any] | None = None

    async def connect(self, url: str, **options: Any) -> None:
        if options:
            raise ConfigurationError(f"A drawer has no option {next(iter(options))!r}.")
        if self._boxes is not None:
            raise ConfigurationError("The drawer is connected already.", hint="Call disconnect() first.")
        database = DatabaseURL.parse(url).database
        self._path = Path(database) if database else None
        self._boxes = await asyncio.to_thread(_load, self._path)

    async def disconnect(self) -> None:
        self._boxes = None

    @property
    def is_connected(self) -> bool:
        return self._boxes is not None

    def supports_feature(self, feature: str) -> bool:
        return feature in {"transactions", "json_columns"}

    async def execute(self, query: str, /, *args: Any, **kwargs: Any) -> int:
        """Carry out a statement, and tell how many documents it put in or removed."""
        statement, values = self._read(query, args, kwargs)
        if self._open is not None and self._task is asyncio.current_task():
            return _change(self._open, statement, values)
        async with self.transaction():
            return _change(self._boxes_here(), statement, values)

    async def fetch_one(self, query: str, /, *args: Any, **kwargs: Any) -> Document | None:
        return next(iter(await self.fetch_all(query, *args, **kwargs)), None)

    async def fetch_all(self, query: str, /, *args: Any, **kwargs: Any) -> list[Document]:
        statement, values = self._read(query, args, kwargs)
        found = self._boxes_here().get(statement.box, [])
        if statement.verb == "get":
            found = [document for document in found if values.items() <= document.items()]
        elif statement.verb == "list":
            found = sorted(found, key=lambda document: document[statement.fields[0]])
        else:
            raise QueryError(f"{statement.verb!r} gives no documents.", query=query, hint="Use execute().")
        # Whoever changes what was given to them changes nothing in here.
        return copy.deepcopy(found)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        self._boxes_here()
        if self._open is not None and self._task is asyncio.current_task():
            # Inside of another one: all of it is undone, or nothing.
            before = copy.deepcopy(self._open)
            try:
                yield
            except BaseException:
                self._open = before
                raise
            return
        async with self._writing:
            self._open, self._task = copy.deepcopy(self._boxes_here()), asyncio.current_task()
            try:
                yield
                await self._keep(self._open)
            finally:
                self._open = self._task = None

    async def _keep(self, boxes: Boxes) -> None:
        writing = asyncio.ensure_future(asyncio.to_thread(_save, self._path, boxes))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # Half a transaction is kept by nobody: it is whole in the file, and so it is here.
            await writing
            self._boxes = boxes
            raise
        self._boxes = boxes

    def _boxes_here(self) -> Boxes:
        """Give the boxes as this task sees them."""
        if self._boxes is None:
            raise DatabaseUnavailableError("The drawer is not connected.", hint="Await connect(url) first.")
        return self._open if self._open is not None and self._task is asyncio.current_task() else self._boxes

    def _read(self, query: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Statement, Document]:
        self._boxes_here()
        statement = read_statement(query)
        return statement, bind_values(query, () if statement.verb == "list" else statement.fields, args, kwargs)


def _change(boxes: Boxes, statement: Statement, values: Document) -> int:
    if statement.verb == "put":
        boxes.setdefault(statement.box, []).append(copy.deepcopy(values))
        return 1
    if statement.verb == "clear":
        return len(boxes.pop(statement.box, []))
    raise QueryError(f"{statement.verb!r} changes nothing.", hint="Use fetch_one() or fetch_all().")


def _load(path: Path | None) -> Boxes:
    if path is None or not path.exists():
        return {}
    try:
        boxes: Boxes = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise DatabaseUnavailableError(f"{path} cannot be read as a drawer.") from None
    return boxes


def _save(path: Path | None, boxes: Boxes) -> None:
    if path is None:
        return
    # The whole file is replaced at once: whoever reads it finds the old one or the new one.
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(boxes, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
