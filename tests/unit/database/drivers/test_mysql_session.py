"""
Tests of `covet.database.drivers.mysql_session`.
"""

from covet.database.drivers.mysql import MySQLDriver
from covet.database.url import DatabaseURL

_ASKED = (
    "SELECT @@autocommit AS a, @@time_zone AS b, @@sql_mode AS c, @@collation_connection AS d,"
    " @@foreign_key_checks AS e,"
    " @@character_set_client AS f, @@character_set_results AS g, @@tx_isolation AS h, @@tx_read_only AS i,"
    " database() AS j"
)


async def test_a_session_is_after_a_reset_as_it_was_at_the_beginning(mysql_url: str) -> None:
    """Whatever was set, left open and locked in it."""
    url = DatabaseURL.parse(mysql_url)
    raw = await MySQLDriver().connect(url, {"read_only": True})
    began = await raw.fetch_one(_ASKED, ())

    for statement in (
        "SET autocommit = 0, time_zone = '+05:00', sql_mode = '', foreign_key_checks = 0, @mine = 7",
        "SET NAMES latin1",
        "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE",
        "USE information_schema",
        "DO GET_LOCK('covet_session', 0)",
        "START TRANSACTION",
    ):
        await raw.control(statement)
    await raw.reset()

    assert await raw.fetch_one(_ASKED, ()) == began
    assert not raw.is_in_transaction
    assert await raw.fetch_one("SELECT @mine AS mine, IS_FREE_LOCK('covet_session') AS free", ()) == {
        "mine": None,
        "free": 1,
    }
    await raw.close()
