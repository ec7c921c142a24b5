"""
`Repository[Model]`: the rows of one model, found and kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import inspect

from covet.database.orm.bulk_writes import delete_rows, insert_rows, update_rows
from covet.database.orm.dto import DTO
from covet.database.orm.errors import StaleRowError, UnknownFieldError
from covet.database.orm.fields import Where
from covet.database.orm.mixins import SoftDelete, Versioned, utc_now
from covet.database.orm.reading import ModelT, RowReader
from covet.database.orm.upserts import upsert_row

# Any: values of columns.
Values: TypeAlias = Mapping[str, Any] | DTO[ModelT]
"""What fields are to be: a mapping by their names, or a `DTO`, of which only what was given counts."""


class Repository(RowReader[ModelT]):
    """
    Find and keep the rows of one model.

    It writes at once, so that what the database refuses is raised here, and never commits: that is up to whoever has
    the session. Handlers take a `Repository[User]`; a subclass, `class Users(Repository[User])`, is registered by
    `OrmPlugin(repositories=[Users])`.

    Args:
        session: What it works in.

    Example:
        >>> from sqlalchemy.orm import Mapped, mapped_column
        >>> from covet.database.orm import Model, create_engine, create_session_factory
        >>> class City(Model):
        ...     __tablename__ = "cities"
        ...
        ...     id: Mapped[int] = mapped_column(primary_key=True)
        ...     name: Mapped[str]
        >>> engine = create_engine("sqlite://")
        >>> async with engine.begin() as connection:
        ...     await connection.run_sync(City.metadata.create_all, tables=[City.__table__])
        >>> async with create_session_factory(engine)() as session:
        ...     cities = Repository[City](session)
        ...     city = await cities.create(name="Assam")
        ...     await session.commit()
        ...     await cities.get_by_id(city.id) is city
        True
        >>> await engine.dispose()
    """

    # ── One row ──────────────────────────────────────────────────────────────

    # Any: values of columns.
    async def create(self, values: Values[ModelT] | ModelT | None = None, /, **fields: Any) -> ModelT:
        """
        Insert a row.

        Args:
            values: Its fields, or an object of the model.
            **fields: More of them, `create(body, owner_id=user.id)`, or all, `create(name="Assam")`.

        Raises:
            UnknownFieldError: If a name is no column of the model.
            IntegrityError: If a constraint would be broken.
        """
        if values is None or isinstance(values, Mapping | DTO):
            given = self._read(values, fields)
            # Said, so that the row has them afterwards: what nobody said would have to be loaded.
            empty = {name: None for name in self.fields.empty if name not in given}
            row: ModelT = self.model(**empty, **given)
        else:
            row = values
            for name, value in self._read(None, fields).items():
                setattr(row, name, value)
        self.session.add(row)
        await self.session.flush()
        return row

    # Any: a key, and values of columns.
    async def update(
        self,
        row: ModelT | Any,
        values: Values[ModelT] | None = None,
        /,
        *,
        expected_version: int | None = None,
        **fields: Any,
    ) -> ModelT:
        """
        Change the fields that are given, and no others.

        Args:
            row: The row, or its key.
            values: The new values.
            expected_version: The version that the values were made for, of a `Versioned` model.
            **fields: More of them, `update(row, body, editor_id=user.id)`, or all, `update(row, name="Assam")`.

        Raises:
            NotFoundError: If there is no row of that key.
            UnknownFieldError: If a name is no column of the model, or one that nobody may change: of its key, or its
                version.
            StaleRowError: If it is another version, or somebody else was quicker (409).
            IntegrityError: If a constraint would be broken.
        """
        given = self._read(values, fields, is_change=True)
        found = await self._find(row)
        self._check_version(found, expected_version)
        for name, value in given.items():
            setattr(found, name, value)
        await self.session.flush()
        return found

    async def upsert(self, values: Values[ModelT], *, on: Sequence[str], update: Sequence[str] | None = None) -> ModelT:
        """
        Insert a row, or change the one that is there already, in one statement.

        A row that was deleted softly is there again afterwards; a version goes up.

        Args:
            values: The fields.
            on: The fields that tell which row it is; a unique constraint, or the key, must be on them. MySQL and
                MariaDB take any such constraint for it.
            update: The fields that are changed if it is there; by default all that are given, but for those of `on`.

        Raises:
            UnknownFieldError: If a name is no column of the model, or `on` names one that has no value.
            IntegrityError: If another constraint would be broken.
        """
        row: ModelT = await upsert_row(self.session, self.fields, self._read(values), on, update)
        return row

    # Any: a key.
    async def delete(self, row: ModelT | Any, *, hard: bool = False, expected_version: int | None = None) -> None:
        """
        Delete a row; one of a `SoftDelete` model is marked and hidden.

        Args:
            row: The row, or its key.
            hard: Delete the row itself, whatever the model.
            expected_version: The version that was seen, of a `Versioned` model.

        Raises:
            NotFoundError: If there is no row of that key.
            StaleRowError: If it is another version, or somebody else was quicker (409).
            IntegrityError: If others refer to it.
        """
        found = await self._find(row, include_deleted=hard)
        self._check_version(found, expected_version)
        if isinstance(found, SoftDelete) and not hard:
            found.deleted_at = utc_now()
        else:
            await self.session.delete(found)
        await self.session.flush()

    # Any: a key.
    async def restore(self, row: ModelT | Any) -> ModelT:
        """
        Take back the deletion of a row of a `SoftDelete` model.

        Raises:
            NotFoundError: If there is no row of that key.
            TypeError: If rows of this model cannot come back.
        """
        found = await self._find(row, include_deleted=True)
        if not isinstance(found, SoftDelete):
            raise TypeError(f"{self.fields.name} is not mapped with SoftDelete: what is deleted is gone.")
        found.deleted_at = None
        await self.session.flush()
        restored: ModelT = found
        return restored

    # ── Many rows ────────────────────────────────────────────────────────────

    async def create_many(self, rows: Iterable[Values[ModelT]]) -> int:
        """
        Insert many rows, without making objects of them.

        Returns:
            How many.

        Raises:
            UnknownFieldError: If a name is no column of the model.
            IntegrityError: If a constraint would be broken; then none is inserted, and the transaction may go on.
        """
        return await insert_rows(self.session, self.fields, [self._read(values) for values in rows])

    async def update_many(self, *where: Where, values: Values[ModelT], every: bool = False) -> int:
        """
        Change all rows that fit, in one statement.

        Args:
            *where: Conditions, as for `find`.
            values: The new values; an expression, such as `User.visits + 1`, is one, too.
            every: Change every row there is: without conditions it has to be said.

        Returns:
            How many.

        Raises:
            UnfilteredWriteError: If there is no condition.
            UnknownFieldError: If a name is no column of the model, or one that nobody may change.
        """
        return await update_rows(self.session, self.fields, where, self._read(values, is_change=True), every=every)

    async def delete_many(self, *where: Where, every: bool = False, hard: bool = False) -> int:
        """
        Delete all rows that fit, in one statement; those of a `SoftDelete` model are marked and hidden.

        Args:
            *where: Conditions, as for `find`.
            every: Delete every row there is: without conditions it has to be said.
            hard: Delete the rows themselves, whatever the model.

        Returns:
            How many.

        Raises:
            UnfilteredWriteError: If there is no condition.
            IntegrityError: If others refer to them.
        """
        return await delete_rows(self.session, self.fields, where, every=every, hard=hard)

    # ── What both need ───────────────────────────────────────────────────────

    # Any: values of columns.
    def _read(
        self, values: Values[ModelT] | None, fields: Mapping[str, Any] | None = None, *, is_change: bool = False
    ) -> dict[str, Any]:
        table = self.fields
        given = values.values() if isinstance(values, DTO) else dict(values or ())
        if fields:
            given.update(fields)
        # APPSEC: docs/security.md, rows 96 and 98: only columns; no relationship, no attribute of Python's.
        table.check(given)
        version = table.mapper.version_id_col
        if is_change:
            for name in given:
                if name in table.keys or (version is not None and table.columns[name] is version):
                    known = [other for other in table.public_names() if other not in table.keys]
                    raise UnknownFieldError(name, model=f"An update of {table.name}", known=known)
        return given

    # Any: a key.
    async def _find(self, row: ModelT | Any, *, include_deleted: bool = False) -> ModelT:
        if isinstance(row, self.model):
            if row not in self.session:
                # Nothing of a row that the session does not know would be written.
                if inspect(row).key is None:
                    raise TypeError(f"This {self.fields.name} was never saved: create() does that.")
                self.session.add(row)
            return row
        return await self.get_by_id(row, include_deleted=include_deleted)

    def _check_version(self, row: ModelT, expected: int | None) -> None:
        if expected is None:
            return
        if not isinstance(row, Versioned):
            raise TypeError(f"{self.fields.name} is not mapped with Versioned: it has no version to expect.")
        if row.version != expected:
            raise StaleRowError


__all__ = ["Repository", "Values"]
