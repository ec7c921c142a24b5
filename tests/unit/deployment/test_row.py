"""
Rows of the tables of checks.
"""

from covet.deployment.headers import HEADER_CHECKS
from covet.deployment.row import Row
from covet.deployment.surroundings import SURROUNDING_CHECKS
from covet.deployment.trust import TRUST_CHECKS


def test_each_table_has_a_hundred_of_its_own() -> None:
    """So that an id says what it is about."""
    tables = {"D1": TRUST_CHECKS, "D2": HEADER_CHECKS, "D3": SURROUNDING_CHECKS}

    for prefix, rows in tables.items():
        assert all(isinstance(row, Row) and row.id.startswith(prefix) for row in rows)
