"""
A comment that claims speed names what shows it: a script of `benchmarks/`, and a case of it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import static
from benchmarks.cases import ALL_CASES
from tests.architecture.source import ROOT, read_source

NAMED = re.compile(r"\((benchmarks/\w+\.py)((?:, [a-z ]+)*)\)")
# What the scripts measure beside the requests of `benchmarks.cases`.
OTHER_CASES = {"six errors", *static.SIZES}
SOURCES = [file.path for file in read_source() if "PERF:" in file.path.read_text("utf-8")]


def find_claims(source: str) -> Iterator[str]:
    """
    Find the comments and paragraphs of docstrings that begin with the label, each as one line.
    """
    lines = source.splitlines()
    for number, line in enumerate(lines):
        if "PERF:" not in line:
            continue
        is_comment = "#" in line.partition("PERF:")[0]
        claim = [line.partition("PERF:")[2].strip()]
        for following in lines[number + 1 :]:
            text = following.strip()
            ends = not text.startswith("#") if is_comment else not text or text.startswith('"""')
            if ends or "PERF:" in text:
                break
            claim.append(text.lstrip("# "))
        yield " ".join(claim)


def find_missing(source: str) -> list[str]:
    """
    List the claims that name no script that is there, or a case that nothing measures.
    """
    missing = []
    for claim in find_claims(source):
        named = NAMED.search(claim)
        cases = set() if named is None else {case for case in named[2].split(", ") if case}
        if named is None or not (ROOT / named[1]).is_file() or cases - ALL_CASES.keys() - OTHER_CASES:
            missing.append(claim)
    return missing


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_each_claim_names_its_benchmark(path: Path) -> None:
    """
    Whoever doubts the unusual line can measure it.
    """
    assert find_missing(path.read_text("utf-8")) == []


def test_claims_without_a_benchmark_are_found() -> None:
    """
    No name, a script that is not there and a case that nothing measures are noticed; a name on the next line counts.
    """
    source = (
        "# PERF: quick.\n# PERF: quick (benchmarks/nothing.py).\n# PERF: quick (benchmarks/onion.py, nothing).\n"
        "x = 1\n# PERF: quick, it is\n# said (benchmarks/instructions.py, plain, json).\nx = 2\n"
        '"""\nPERF: a closure\n(benchmarks/router.py).\n"""\n'
    )

    assert find_missing(source) == [
        "quick.",
        "quick (benchmarks/nothing.py).",
        "quick (benchmarks/onion.py, nothing).",
    ]
