"""
What a downgrade drops.
"""

from pathlib import Path

import pytest
from alembic.util import load_python_file

from covet.database.migrations.losses import find_losses


@pytest.mark.parametrize(
    ("body", "losses"),
    [
        ("pass", []),
        ("op.create_table('t')", []),
        ("op.drop_index('i', 't')", []),
        ("op.drop_table('t')", ["drops the table 't'"]),
        ("for name in NAMES:\n        op.drop_table(name)", ["drops a table"]),
        ("op.drop_column('t', 'c')", ["drops the column 't.c'"]),
        ("op.drop_column(T, C)", ["drops a column"]),
        (
            "with op.batch_alter_table('t') as batch:\n        batch.drop_column('c')\n        batch.drop_column('d')",
            ["drops the column 't.c'", "drops the column 't.d'"],
        ),
        ("op.execute('delete  from t')", ["executes 'delete from t'"]),
        ("op.execute(sa.text('ALTER TABLE t\\n DROP COLUMN c'))", ["executes 'ALTER TABLE t DROP COLUMN c'"]),
        ("op.execute('UPDATE t SET c = 1')", []),
        ("op.drop_table('t')\n    op.drop_table('t')", ["drops the table 't'"]),
    ],
)
def test_it_is_read_from_the_source(tmp_path: Path, body: str, losses: list[str]) -> None:
    """The calls of Alembic's operations, and SQL."""
    (tmp_path / "revision.py").write_text(f"from alembic import op\n\ndef downgrade():\n    {body}\n")

    assert find_losses(load_python_file(str(tmp_path), "revision.py")) == losses
