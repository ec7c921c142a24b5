"""
The contract of a database that an application keeps its data in.

It says nothing of SQL: a database of documents may fulfil it, too. `SQLAdapter` does for those that have drivers.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar


class DatabaseAdapter(ABC):
    """
    A database, as applications use it.

    Register a class of one's own with `get_adapter_registry().register("name", TheClass)`, or by an entry point of the
    group `covet.adapters`; `covet.testing.DatabaseAdapterConformance` says whether it does what is expected.
    """

    registered_by: ClassVar[str] = "CovetPy(plugins=[DatabasePlugin()]), of covet.database"

    # Any: options, values and results are what the database makes of them.

    @abstractmethod
    async def connect(self, url: str, **options: Any) -> None:
        """
        Connect to the database.

        Args:
            url: Where it is.
            **options: What the adapter wants to know besides.

        Raises:
            ConfigurationError: If the URL or an option cannot be.
            DatabaseUnavailableError: If nobody answers.
        """

    @abstractmethod
    async def disconnect(self) -> None:
        """Close all connections. It does nothing if there are none."""

    @abstractmethod
    async def execute(self, query: str, /, *args: Any, **kwargs: Any) -> Any:
        """
        Run a statement whose rows nobody wants.

        Args:
            query: The statement.
            *args: Its values in order.
            **kwargs: Or its values by name.
        """

    @abstractmethod
    async def fetch_one(self, query: str, /, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Fetch the first row, or `None`."""

    @abstractmethod
    async def fetch_all(self, query: str, /, *args: Any, **kwargs: Any) -> Sequence[dict[str, Any]]:
        """Fetch all rows."""

    @abstractmethod
    def transaction(self) -> AbstractAsyncContextManager[Any]:
        """Begin a transaction: what the task does in the `async with` block takes effect as a whole, or not at all."""

    @property
    @abstractmethod
    def is_connected(self) -> bool:
        """Whether it was connected, and not disconnected since."""

    @abstractmethod
    def supports_feature(self, feature: str) -> bool:
        """
        Tell whether the database can do something.

        Args:
            feature: Such as `"transactions"`; `covet.database.FEATURES` says what each word means.
        """

    async def is_healthy(self) -> bool:
        """Tell whether the database answers; a health check asks this."""
        return self.is_connected
