"""
Defaults are compared where texts can tell, and left alone where they cannot.
"""

from typing import Any

import pytest
import sqlalchemy as sa

from covet.database.migrations.server_defaults import differ
from tests.unit.database.migrations.conftest import NAMES, Workshop

STRING = sa.String(20)
Default = Any  # what SQLAlchemy takes


def make_models(*columns: tuple[Any, Default]) -> sa.MetaData:
    """Make a table with columns that have defaults, or have none."""
    metadata = sa.MetaData(naming_convention=NAMES)
    made: list[sa.Column[Any]] = [
        sa.Column(f"x{number}", kind, server_default=default) for number, (kind, default) in enumerate(columns)
    ]
    sa.Table("teas", metadata, sa.Column("id", sa.Integer, primary_key=True), *made)
    return metadata


PLAIN: list[tuple[Any, Default]] = [
    (STRING, "new"),
    (STRING, ""),
    (STRING, 'it\'s 50% ("off")'),
    (STRING, "a::text"),
    (STRING, "now()"),
    (STRING, "back\\slash"),
    (STRING, sa.text("'new'")),
    (STRING, sa.text("('new')")),
    (STRING, sa.text("'50%'")),
    (STRING, "5"),
    (STRING, sa.text("5")),
    (sa.CHAR(3), "abc"),
    (sa.Text, "long"),
    (sa.Integer, "5"),
    (sa.Integer, "-5"),
    (sa.Integer, sa.text("-5")),
    (sa.Integer, sa.text("(5)")),
    (sa.BigInteger, sa.text("0")),
    (sa.SmallInteger, "0"),
    (sa.Numeric(5, 2), "0.5"),
    (sa.Numeric(5, 2), sa.text("1")),
    (sa.Float, "1.5e3"),
    (sa.Double, sa.text("-0.25")),
    (sa.Boolean, sa.true()),
    (sa.Boolean, sa.false()),
    (sa.Boolean, "1"),
    (sa.Boolean, sa.text("false")),
    (sa.DateTime, sa.func.now()),
    (sa.DateTime, sa.text("CURRENT_TIMESTAMP")),
    (sa.DateTime(timezone=True), sa.func.now()),
    (sa.DateTime, "2024-02-03 04:05:06"),
    (sa.TIMESTAMP, sa.func.now()),
    (sa.TIMESTAMP, None),
    (sa.Date, "2024-02-03"),
    (sa.Uuid, "0" * 32),
    (sa.Enum("s", "m", name="size", native_enum=False), "m"),
    (sa.Enum("s", "m", name="size"), "s"),
    (sa.JSON, "{}"),
    (sa.LargeBinary, None),
    (STRING, sa.null()),
    (STRING, sa.text("NULL")),
    (STRING, None),
]


async def test_what_was_made_is_as_it_was(workshop: Workshop) -> None:
    """However a database writes it; nor is there a second migration."""
    migrations = workshop.open(make_models(*PLAIN))
    await migrations.create_revision("add teas")
    await migrations.upgrade()

    report = await migrations.check()

    assert report.is_clean, str(report)
    assert await migrations.create_revision("nothing") is None


EXPRESSIONS: dict[str, list[tuple[Any, str]]] = {
    "sqlite": [(STRING, "(upper('x'))"), (sa.Integer, "(1 + 1)"), (sa.DateTime, "(datetime('now'))")],
    "postgresql": [
        (STRING, "upper('x')"),
        (STRING, "'a' || 'b'"),
        (sa.Integer, "(1 + 1)"),
        (sa.Integer, "(1) + (1)"),
        (sa.Uuid, "gen_random_uuid()"),
        (sa.Date, "CURRENT_DATE"),
        (sa.DateTime, "LOCALTIMESTAMP"),
        (sa.DateTime, "now() + interval '1 day'"),
        (sa.DateTime, "timezone('utc', now())"),
        (sa.ARRAY(sa.Integer), "'{}'"),
        (sa.Interval, "'24 hours'"),
    ],
    "mysql": [
        (STRING, "(upper('x'))"),
        (sa.Integer, "(1 + 1)"),
        (sa.DateTime, "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"),
        (sa.TIMESTAMP, "CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"),
        (sa.Uuid, "(uuid())"),
    ],
}


async def test_expressions_are_no_difference(workshop: Workshop) -> None:
    """They are left alone, since databases write them anew."""
    migrations = workshop.open(make_models(*((kind, sa.text(text)) for kind, text in EXPRESSIONS[workshop.kind])))
    await migrations.create_revision("add teas")
    await migrations.upgrade()

    report = await migrations.check()

    assert report.is_clean, str(report)


async def test_what_counts_or_computes_is_no_default(workshop: Workshop) -> None:
    """Identities, sequences and computed columns are left alone."""
    metadata = sa.MetaData(naming_convention=NAMES)
    identity = [] if workshop.kind == "mysql" else [sa.Identity()]
    columns: list[sa.Column[Any]] = [
        sa.Column("id", sa.Integer, *identity, primary_key=True),
        sa.Column("price", sa.Integer, nullable=False),
        sa.Column("twice", sa.Integer, sa.Computed("price * 2", persisted=True)),
        sa.Column("stamp", sa.Integer, server_default=sa.FetchedValue()),
    ]
    sa.Table("teas", metadata, *columns)
    sa.Table("pots", metadata, sa.Column("id", sa.Integer, primary_key=True))
    migrations = workshop.open(metadata)
    await migrations.create_revision("add teas")
    await migrations.upgrade()

    report = await migrations.check()

    assert report.is_clean, str(report)


CHANGES: list[tuple[Any, Default, Default]] = [
    (STRING, "new", "old"),
    (STRING, "new", "New"),
    (STRING, None, "new"),
    (sa.Integer, "1", sa.text("2")),
    (sa.Numeric(5, 2), "0.5", "0.51"),
    (sa.Boolean, sa.true(), sa.false()),
    (sa.DateTime, None, sa.func.now()),
    (sa.DateTime, "2024-02-03 04:05:06", sa.func.now()),
]


@pytest.mark.parametrize(("kind", "first", "second"), CHANGES)
async def test_a_changed_default_is_found(workshop: Workshop, kind: Any, first: Default, second: Default) -> None:
    """It is told, written, carried out and taken back."""
    old, new = (workshop.open(make_models((kind, default))) for default in (first, second))
    await old.create_revision("add teas", revision_id="a1")
    await old.upgrade()

    report = await new.check()
    written = await new.create_revision("change the default")
    await new.upgrade()
    is_there = await new.check()
    back = await old.check()
    await new.downgrade("-1")
    assert written is not None
    written.path.unlink()
    is_back = await old.check()

    assert len(report.differences) == 1
    assert report.differences[0].startswith("the column 'teas.x0' has the default ")
    assert len(back.differences) == 1
    assert is_there.is_clean, str(is_there)
    assert is_back.is_clean, str(is_back)


async def test_env_may_compare_in_its_own_way(workshop: Workshop) -> None:
    """Then Alembic's option holds, and nothing else; here it says no."""
    await workshop.open(make_models((STRING, "new"))).create_revision("add teas")
    await workshop.open(make_models((STRING, "new"))).upgrade()
    path = workshop.directory / "env.py"
    path.write_text(path.read_text().replace("\nrun_migrations()", "\nrun_migrations(compare_server_default=False)"))

    report = await workshop.open(make_models((STRING, "old"))).check()

    assert report.is_clean, str(report)


@pytest.mark.parametrize(
    ("old", "new", "kind", "dialect", "is_other"),
    [
        ("'Small'::public.\"Size\"", "'Small'", sa.Enum(), "postgresql", False),
        ("'Small'::public.\"Size\"", "'Large'", sa.Enum(), "postgresql", True),
        ("'a::b'::text", "'a'", STRING, "postgresql", True),
        ("'1'::smallint", "1", sa.SmallInteger(), "postgresql", False),
        ("((('x'::text)))", "'x'", STRING, "postgresql", False),
        ("NULL::character varying", None, STRING, "postgresql", False),
        ("nextval('teas_id_seq'::regclass)", None, sa.Integer(), "postgresql", False),
        ("gen_random_uuid()", None, sa.Uuid(), "postgresql", True),
        ("('a'::text || 'b'::text)", "'ab'", STRING, "postgresql", False),
        ("current_timestamp()", None, sa.TIMESTAMP(), "mysql", False),
        ("current_timestamp()", None, sa.DateTime(), "mysql", True),
        ("'7'", "7", sa.Integer(), "mysql", False),
        ("ucase(", None, STRING, "mysql", False),
        ("0.56", "0.555", sa.Numeric(5, 2), "mysql", False),
        ("'2024-02-03'", "'3.2.2024'", sa.Date(), "postgresql", False),
    ],
)
def test_words_of_databases(old: str | None, new: str | None, kind: Any, dialect: str, is_other: bool) -> None:
    """Casts, parentheses and quotes are no difference; what is not understood is none either."""
    assert differ(old, new, kind, dialect) is is_other
