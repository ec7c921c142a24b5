"""
The benchmarks compare like with like, and calculate rightly.
"""

import asyncio
import importlib
import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks import (
    body,
    callgrind,
    cpu,
    database,
    database_cases,
    database_stacks,
    event_streams,
    events,
    imports,
    injection,
    memory,
    onion_parts,
    production,
    startup,
    static,
    tables,
    websocket,
)
from benchmarks.asgi import Lifespan, check_asgi, prepare_asgi
from benchmarks.cases import (
    CASES,
    MIDDLEWARE_CASE,
    PRODUCTION_CASES,
    Answer,
    Case,
    WrongAnswerError,
    route_cases,
)
from benchmarks.instructions import Figure, table
from benchmarks.rsgi import check_rsgi
from benchmarks.variants import (
    ALL_VARIANTS,
    DATABASE_VARIANTS,
    MIDDLEWARE_VARIANTS,
    PRODUCTION_VARIANTS,
    VARIANTS,
    Variant,
)
from covet.testing import TestClient

BUILT_IN = "covet-asgi+5-built-in"


def ask(variant: Variant, case: Case) -> Answer:
    """
    Start a variant as the driver does and send one request.
    """
    if not variant.is_installed():
        pytest.skip(f"{variant.requires} is not installed")
    app = variant.load()

    async def send() -> Answer:
        async with Lifespan(app, variant.protocol):
            return await (check_asgi if variant.protocol == "asgi" else check_rsgi)(app, case)

    with asyncio.Runner() as runner:
        if hasattr(app, "__rsgi_init__") and variant.protocol == "rsgi":
            app.__rsgi_init__(runner.get_loop())
        return runner.run(send())


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_every_variant_gives_the_answer_of_the_case(variant: Variant, case: Case) -> None:
    """Whatever is compared answers the same."""
    answer = ask(variant, case)

    content_type = dict(answer.headers)["content-type"]
    assert content_type.startswith("text/plain" if case.name == "plain" else "application/json")


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("name", ["raw-rsgi", "covet-asgi", "covet-rsgi"])
def test_the_compared_bytes_are_those_of_the_raw_application(name: str, case: Case) -> None:
    """CovetPy is not measured with a smaller body than the application written by hand."""
    raw = ask(VARIANTS["raw-asgi"], case)

    answer = ask(VARIANTS[name], case)

    assert answer.content == raw.content


@pytest.mark.parametrize("name", [name for name in MIDDLEWARE_VARIANTS if name not in {"raw-asgi+5", BUILT_IN}])
def test_five_middleware_add_the_same_headers_however_they_are_written(name: str) -> None:
    """The middleware of all variants do the same work."""
    raw = dict(ask(MIDDLEWARE_VARIANTS["raw-asgi+5"], MIDDLEWARE_CASE).headers)

    headers = dict(ask(MIDDLEWARE_VARIANTS[name], MIDDLEWARE_CASE).headers)

    own = {"x-request-id", "x-ratelimit-remaining", "vary"}
    assert own <= headers.keys()
    assert len(headers["x-request-id"]) == len(raw["x-request-id"])
    assert {key: headers[key] for key in headers if key not in own} == {
        key: value for key, value in raw.items() if key not in own
    }


def test_five_middleware_that_are_built_in_do_what_the_others_do_and_more() -> None:
    """They are not measured with less work: what the others say, they say too, of the limit in words of their own."""
    raw = dict(ask(MIDDLEWARE_VARIANTS["raw-asgi+5"], MIDDLEWARE_CASE).headers)

    headers = dict(ask(MIDDLEWARE_VARIANTS[BUILT_IN], MIDDLEWARE_CASE).headers)

    assert {name for name in raw if not name.startswith("x-ratelimit")} < headers.keys()
    assert {"ratelimit", "ratelimit-policy", "content-security-policy"} < headers.keys()
    assert len(headers["x-request-id"]) == len(raw["x-request-id"])


@pytest.mark.parametrize("case", PRODUCTION_CASES.values(), ids=PRODUCTION_CASES)
@pytest.mark.parametrize("name", PRODUCTION_VARIANTS)
def test_stacks_of_production_know_who_asks(name: str, case: Case) -> None:
    """Each answers with what its session has, says the request's id, and refuses other hosts."""
    variant = PRODUCTION_VARIANTS[name]
    if not (variant.is_installed() and find_spec(name.partition("+")[0].removesuffix("-asgi"))):
        pytest.skip("a library is not installed")
    app = variant.load()
    stranger = Case("stranger", case.method, case.path, None, case.body, status=400, headers=((b"host", b"evil.org"),))

    async def send() -> tuple[Case, Answer]:
        async with Lifespan(app, "asgi"):
            prepared = await prepare_asgi(app, case)
            answer = await check_asgi(app, prepared)
            await check_asgi(app, stranger)
            return prepared, answer

    prepared, answer = asyncio.run(send())

    assert b"session=" in dict(prepared.headers)[b"cookie"]
    assert {"x-request-id", "x-frame-options"} <= dict(answer.headers).keys()


def test_the_table_of_stacks_sets_them_beside_their_bare_routes() -> None:
    """A stack that failed is shown as one that has no figure."""
    figures = [
        Figure("covet-asgi", "json", [10_000]),
        Figure("covet-asgi+stack", "production-get", [25_000]),
        Figure("covet-asgi", "post", [20_000]),
        Figure("covet-asgi+stack", "production-post", [], "it failed"),
    ]

    text = production.table(figures)

    [row] = [line for line in text.splitlines() if line.startswith("| covet")]
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        *("covet-asgi+stack", "10.0", "25.0", "× 2.50"),
        *("20.0", "-", "-"),
    ]


@pytest.mark.parametrize("name", list(route_cases(20)))
@pytest.mark.parametrize("module", ["covet_routes_app", "starlette_routes_app"])
def test_the_application_of_many_routes_knows_first_and_last(module: str, name: str) -> None:
    """The router table asks for routes that are there, and for one that is not."""
    if not find_spec(module.split("_", maxsplit=1)[0]):
        pytest.skip(f"{module.split('_', maxsplit=1)[0]} is not installed")
    app = importlib.import_module(f"benchmarks.apps.{module}").make_app(20)

    async def send() -> Answer:
        async with Lifespan(app, "asgi"):
            return await check_asgi(app, route_cases(20)[name])

    answer = asyncio.run(send())

    assert answer.status == (404 if name == "missing" else 200)


@pytest.mark.parametrize("name", [name for name in body.SUBJECTS if name.startswith("covet")])
def test_the_large_body_is_decoded_and_six_errors_are_reported(name: str) -> None:
    """The subjects of the large body check themselves: this runs their check."""
    subject = body.make_subject(name)

    result = subject()

    if name == "covet-six-errors":
        assert isinstance(result, list)
        assert len(result) == 6
    else:
        assert result == body.make_subject(body.SUBJECTS[name])()


def test_the_parts_of_the_large_body_are_those_of_the_body() -> None:
    """Its colons, of which none is in a string, and its objects."""
    keys = 2 + body.COUNT * (7 + 3)

    assert body.make_subject("counting-colons")() == keys
    assert body.make_subject("making-lines")() == body.make_subject("raw-msgspec")().lines  # type: ignore[attr-defined]


@pytest.mark.parametrize("part", onion_parts.PARTS, ids=lambda part: part.having)
def test_the_parts_of_five_middleware_answer_alike(part: onion_parts.Part) -> None:
    """Each is the json case with one thing more than another."""
    answers = [ask(ALL_VARIANTS[f"part-{name}"], MIDDLEWARE_CASE) for name in (part.having, part.lacking) if name]

    assert len({answer.content for answer in answers}) == 1


def test_the_parts_of_five_middleware_add_up() -> None:
    """What they cost together stands beside what was measured as a whole."""
    figures = {name: 12_000.0 for part in onion_parts.PARTS for name in (part.having, part.lacking) if name}
    figures |= {"nothing": 10_000.0, "entries": 12_500.0, onion_parts.WHOLE: 20_000.0}

    text = onion_parts.table(figures)

    cells = {row.split("|")[1].strip(): row.split("|")[-2].strip() for row in text.splitlines() if row.startswith("|")}
    assert (cells["a further hook"], cells["a further look"]) == ("3.5", "0.0")
    # 20 of the whole, less 10 of the route, 2 of the first hook, 3.5 of seven others.
    assert cells["the rest of what the five do"] == "4.5"


@pytest.mark.parametrize("name", list(events.SUBJECTS))
async def test_every_subject_of_events_does_what_it_is_measured_for(name: str) -> None:
    """The subjects count the calls of their handlers: this runs their check."""
    await events.make_subject(name)(3)


@pytest.mark.parametrize("name", list(websocket.SUBJECTS))
async def test_every_echo_comes_back(name: str) -> None:
    """Whatever is compared sends back what came."""
    await websocket.run_subject(name, [2, 3])


def test_figures_of_websockets_are_compared_with_their_protocol() -> None:
    """Each stands beside what its own protocol costs by hand."""
    figures = [
        websocket.WebSocketFigure("raw-rsgi", 1000, [50.0]),
        websocket.WebSocketFigure("covet-rsgi", None, [55.0]),
    ]

    assert "× 1.10" in websocket.table(figures)


def test_figures_of_events_show_what_was_not_measured() -> None:
    """Without valgrind there is a dash in the place of instructions."""
    text = events.table([events.EventsFigure("publish-0", None, 235.4)])

    assert "| publish, no subscriber |            - |    235 |" in text


def test_the_large_application_starts() -> None:
    """The measured run checks itself, and its table has all parts."""
    figure = startup.run()

    assert "| CPU ms |" in startup.table(figure)
    assert figure.whole > 0


@pytest.mark.parametrize("name", list(memory.SCENARIOS))
def test_every_memory_scenario_answers_with_its_status(name: str) -> None:
    """What is sent a hundred thousand times does what its name says."""
    status, make_case = memory.SCENARIOS[name]
    app = importlib.import_module("benchmarks.apps.covet_memory_app").make_app()

    async def send() -> None:
        async with Lifespan(app, "asgi"):
            await memory.call(app, make_case(1), status)

    asyncio.run(send())


def test_a_wrong_answer_is_refused_with_what_was_expected() -> None:
    """An application that answers something else is not measured."""
    with pytest.raises(WrongAnswerError, match=r"param: expected 200 \{'user_id': 42\}, got 200 b'\{\}'"):
        CASES["param"].check(Answer(200, b"{}", []))


def test_instructions_per_unit_cancel_what_both_blocks_cost() -> None:
    """(Ir(N2) - Ir(N1)) / (N2 - N1)."""
    assert callgrind.per_unit([1_000 + 200 * 7, 1_000 + 1_200 * 7], [200, 1_200]) == 7


def test_blocks_that_do_not_grow_are_refused() -> None:
    """Two blocks of one size have no difference to divide by."""
    with pytest.raises(ValueError, match="the second block must be larger than the first, not 200 and 200"):
        callgrind.per_unit([1, 2], [200, 200])


def test_dumps_are_read_in_order_and_only_those_at_a_mark(tmp_path: Path) -> None:
    """The tenth dump comes after the second, and the end of the program is no block."""
    for number, trigger, total in [(10, "--dump-before=getppid", 30), (2, "--dump-before=getppid", 20), (11, "end", 9)]:
        (tmp_path / f"callgrind.out.{number}").write_text(
            f"desc: Trigger: {trigger}\nsummary: {total}\ntotals: {total}\n"
        )

    counts = callgrind.read_blocks(tmp_path)

    assert counts == [20, 30]


def test_each_measurement_leaves_out_its_preparations() -> None:
    """In front of the blocks of every case stands one dump of what was done before."""
    assert callgrind.split_blocks([900, 1, 2, 800, 3, 4], 2) == [[1, 2], [3, 4]]


def test_an_odd_number_of_dumps_is_an_error() -> None:
    """A missing dump would shift all others."""
    with pytest.raises(callgrind.CallgrindError, match="expected dumps in groups of 3, got 2"):
        callgrind.split_blocks([900, 1], 2)


def test_cpu_ticks_of_a_process_are_user_and_system_time() -> None:
    """A command name with spaces and brackets does not shift the fields of /proc/<pid>/stat."""
    line = "17 (a (b) c) S 1 42 42 0 -1 0 0 0 0 0 130 70 0 0 20 0 1 0 5 0"

    group, ticks = cpu.parse_stat(line)

    assert (group, ticks) == (42, 200)


def test_requests_of_wrk_are_read() -> None:
    """The divisor is what wrk finished."""
    assert cpu.parse_wrk("  25685 requests in 2.02s, 3.72MB read\n") == 25685


@pytest.mark.parametrize(
    "output",
    [
        "10 requests in 1s\n  Non-2xx or 3xx responses: 4\n",
        "10 requests in 1s\n  Socket errors: connect 0, read 3, write 0, timeout 0\n",
        "unable to connect\n",
    ],
)
def test_a_load_with_failures_is_no_figure(output: str) -> None:
    """Failed requests are cheap: they must not make a variant look fast."""
    with pytest.raises(cpu.LoadError, match="wrk did not end well"):
        cpu.parse_wrk(output)


def test_the_table_compares_with_the_raw_variant_of_the_same_protocol() -> None:
    """RSGI in process has stand-ins of its own, so it is compared with raw RSGI."""
    figures = [
        Figure("raw-asgi", "json", [10_000.0]),
        Figure("raw-rsgi", "json", [4_000.0]),
        Figure("covet-asgi", "json", [15_000.0, 15_000.0]),
        Figure("covet-rsgi", "json", [8_000.0]),
    ]

    text = table(figures, base="raw-asgi")

    assert "| covet-asgi            | 15.0 |     × 1.50 |" in text
    assert "| covet-rsgi            |  8.0 |     × 2.00 |" in text


def test_a_variant_that_failed_has_dashes() -> None:
    """A failure is visible and does not stop the table."""
    text = table([Figure("raw-asgi", "json", [], "it did not start")], base="raw-asgi")

    assert "| raw-asgi              |    - |          - |" in text


def test_import_ratios_leave_the_bare_interpreter_out() -> None:
    """What is compared is what the import adds."""
    figures = [
        imports.ImportFigure("bare", 20.0, 10.0),
        imports.ImportFigure(imports.BASE, 60.0, 20.0),
        imports.ImportFigure("covet", 80.0, 26.0),
    ]

    text = imports.table(figures)

    assert "× 1.50" in text
    assert "+6.0" in text


def test_the_slope_of_memory_is_per_hundred_thousand_requests() -> None:
    """2 MiB over 400,000 requests are half a MiB per 100,000."""
    assert memory.MemoryFigure("x", 400_000, 0, 2 * 2**20).slope == 0.5


def test_figures_without_a_base_have_no_ratio() -> None:
    """A table without its raw variant still prints."""
    assert tables.ratio(5.0, None) == "-"


@pytest.mark.parametrize("name", injection.MAKERS)
async def test_every_container_makes_a_chain_for_each_scope(name: str) -> None:
    """What is compared makes three objects anew each time."""
    library = injection.LIBRARIES.get(name)
    if library is not None and not find_spec(library):
        pytest.skip(f"{library} is not installed")
    resolve = await injection.MAKERS[name]()

    first, second = await resolve(), await resolve()

    assert isinstance(first.repository.connection, injection.Connection)
    assert first.repository.connection is not second.repository.connection


def test_chains_are_compared_with_those_made_by_hand() -> None:
    """The table's multiples are of the chain by hand."""
    text = injection.table({"by-hand": 6000.0, "covet": 6600.0})

    assert "| covet                 |       6.6 |    × 1.10 |" in text


@pytest.mark.parametrize("name", database.MAKERS)
async def test_every_database_gives_the_same_row(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """What is compared fetches one row."""
    library = database.LIBRARIES.get(name)
    if library is not None and not find_spec(library):
        pytest.skip(f"{library} is not installed")
    if library == "asyncpg":
        monkeypatch.setenv("COVET_TEST_POSTGRESQL_URL", request.getfixturevalue("postgresql_url"))
    monkeypatch.setenv(database.FOLDER, str(tmp_path))

    async with database.MAKERS[name]() as fetch:
        assert await fetch() == await fetch() == database.ROW


def test_rows_are_compared_with_those_of_a_driver() -> None:
    """Each of them with its own."""
    text = database.table({"aiosqlite": 200_000.0, "covet-sqlite": 100_000.0, "covet-postgresql": 1.0})

    assert "| covet-sqlite          |   100.0 | × 0.50 aiosqlite |" in text


@pytest.mark.parametrize("name", [name for name in static.VARIANTS if name != static.BASE])
def test_every_variant_serves_the_files(name: str) -> None:
    """The server's own mount, and what is sent by a server, are asked over the network alone."""
    with static.make_files() as directory:
        answer = ask(static.VARIANTS[name], static.make_cases()["small file"])

        assert answer.content == Path(directory, f"{static.SIZES['small file']}.bin").read_bytes()


def test_table_of_static_files_compares_with_the_server() -> None:
    """Its own mount is 1."""
    figures = [cpu.Figures(static.BASE, {"small file": [50.0]}), cpu.Figures("covet-rsgi", {"small file": [60.0]})]

    text = static.table(figures, rounds=1, seconds=1)

    assert "× 1.20" in text
    assert "large file" not in text


async def test_both_applications_of_the_event_streams_send_the_same_events() -> None:
    """What CovetPy sends for an event is what is written by hand."""
    from benchmarks.apps.covet_events import app, topic

    written = b'data: {"number":%d}\n\n'

    async with TestClient(app, protocol="rsgi") as client, client.stream("GET", "/events") as response:
        pieces = response.aiter_bytes()
        received = [await anext(pieces)]
        count = await client.get("/publish/2")
        received += [await anext(pieces), await anext(pieces)]

    assert received == [b":\n\n", written % 0, written % 1]
    assert count.text == "1"
    topic.queues.clear()


def test_event_streams_are_compared_with_those_by_hand() -> None:
    """The table's multiples are of the raw application; what failed has a dash."""
    figures = [
        event_streams.StreamFigures("raw", [10.0, 12.0, 11.0], instructions=20_000.0),
        event_streams.StreamFigures("covet", [], "no", instructions=22_000.0),
    ]

    text = event_streams.table(figures)

    assert "| raw   |       20,000 | × 1.00 |      11.0 | × 1.00 |" in text
    assert "| covet |       22,000 | × 1.10 |         - |      - |" in text


@pytest.mark.parametrize("name", list(event_streams.SUBJECTS))
async def test_event_streams_are_counted_with_all_their_subscribers(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver waits until each event was sent to each of them, and leaves nobody behind."""
    monkeypatch.setattr(event_streams, "SUBSCRIBERS", 3)
    marks: list[int] = []
    stream = event_streams.CountedStream()
    monkeypatch.setattr(event_streams, "CountedStream", lambda: stream)
    monkeypatch.setattr(event_streams, "mark", lambda: marks.append(stream.pieces))

    await event_streams.run_subject(name, [2, 4])

    # What opens the streams, two events to warm up, and the blocks.
    assert marks == [3 + 6, 3 + 12, 3 + 24]


def test_the_parts_of_the_stack_are_those_of_the_whole() -> None:
    """What they cost together and does not show in them is a row of its own."""
    figures = {having: 12_000.0 for _, having, _ in production.PARTS}
    figures |= {"nothing": 10_000.0, "csrf": 13_000.0, production.WHOLE: 16_000.0}

    text = production.parts_table(figures)

    assert "| CSRF " in text
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:2] == "| "]
    assert rows[-2:] == [["what they cost more or less together", "3.0"], ["the GET with the stack", "16.0"]]


@pytest.mark.parametrize("name", [having for _, having, _ in production.PARTS])
def test_the_parts_of_the_stack_answer_alike(name: str) -> None:
    """Each is the GET behind one middleware more than another."""
    app = ALL_VARIANTS[f"stack-{name}"].load()

    async def send() -> Answer:
        async with Lifespan(app, "asgi"):
            return await check_asgi(app, await prepare_asgi(app, PRODUCTION_CASES["production-get"]))

    assert asyncio.run(send()).status == 200


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("name", DATABASE_VARIANTS)
def test_every_application_answers_alike_from_its_database(
    name: str, kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """One row, many, a page that is escaped and sorted, and changes that are kept."""
    missing = database_stacks.find_missing(sys.executable, DATABASE_VARIANTS[name], kind)
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")
    url = f"sqlite:///{tmp_path}/rows.db" if kind == "sqlite" else request.getfixturevalue("postgresql_url")

    with database_stacks.announce(url):
        assert database_stacks.run_check(sys.executable, name) == ""


def test_an_application_without_its_libraries_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither it nor one that answers wrongly is measured."""
    monkeypatch.setattr(
        database_stacks,
        "find_missing",
        lambda _, variant, __: ["django", "psycopg"] if variant.name == "django-asgi" else [],
    )
    monkeypatch.setattr(database_stacks, "run_check", lambda _, name: "a row" if name == "covet-orm" else "")

    chosen = database_stacks.choose(sys.executable, "postgresql")

    assert [variant.name for variant in chosen] == ["covet-adapter", "fastapi-sqlalchemy", "litestar-advanced-alchemy"]
    assert capsys.readouterr().err.splitlines() == [
        "covet-orm is left out on postgresql: a row",
        "django-asgi is left out on postgresql: django, psycopg not installed.",
    ]


def test_libraries_are_looked_for_where_they_are_to_run() -> None:
    """Those that an application needs, and those that its database does."""
    odd = Variant("covet-adapter", "benchmarks.apps.covet_adapter_app", "asgi", "no_such_library")

    assert database_stacks.find_missing(sys.executable, odd, "sqlite") == ["no_such_library"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("row", {"id": 1, "number": 1}),
        ("row", {"id": 1}),
        ("rows", [{"id": 7, "number": 5434}] * 20),
        ("rows", [{"id": 7, "number": 5434}]),
        ("updates", [{"id": id_, "number": 0} for id_ in range(1, 21)]),
    ],
)
def test_wrong_rows_are_refused(name: str, content: object) -> None:
    """Those that are not in the database, too few of them, and the same again."""
    assert database_cases.is_row(b'{"id":7,"number":5434}')

    with pytest.raises(WrongAnswerError):
        database_cases.DATABASE_CASES[name].check(Answer(200, json.dumps(content).encode(), []))


def test_pages_that_are_not_escaped_are_refused() -> None:
    """They would be cheaper."""
    case = database_cases.DATABASE_CASES["fortunes"]

    for page in ("<td>4</td><td><script>alert(1)</script></td>", "<td>1</td><td>one of thirteen</td>"):
        with pytest.raises(WrongAnswerError):
            case.check(Answer(200, page.encode(), []))


async def test_changes_that_are_not_kept_are_found(tmp_path: Path) -> None:
    """An answer alone is no proof of them."""
    url = f"sqlite:///{tmp_path}/rows.db"
    await database_cases.lay_tables(url)

    await database_cases.check_kept(url, b'[{"id":7,"number":5434}]')
    with pytest.raises(AssertionError, match=r"the answer says \{7: 8\}, and the database \{7: 5434\}"):
        await database_cases.check_kept(url, b'[{"id":7,"number":8}]')


def test_stacks_are_compared_with_the_adapter() -> None:
    """In a table for each database; the load has one of its own."""
    counts = [
        Figure("covet-adapter", "row", [100_000.0]),
        Figure("django-asgi", "row", [250_000.0]),
        Figure("django-asgi", "rows", [], "it failed"),
    ]
    loads = [cpu.Figures("covet-adapter", {"row": [50.0]}), cpu.Figures("covet-orm", {"row": [60.0]})]
    figures = [database_stacks.StackFigures("sqlite", counts), database_stacks.StackFigures("postgresql", [], loads)]

    text = database_stacks.table(figures, rounds=1, seconds=1)

    assert "## Answers from sqlite, in process" in text
    assert "| django-asgi           | 250 |    × 2.50 |    - |         - |" in text
    assert "## Answers from postgresql: CPU per request" in text
    assert "× 1.20" in text
