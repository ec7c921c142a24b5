"""
Measure a large body, 50 nested objects: msgspec by hand, the validator, and the report of six errors.

Two parts of the validator's work are measured alone as well: counting the colons of the body, by which it knows that no
key came twice, and the making of the 50 objects, whose defaults it has to tell from what was sent.

The body is read into Structs whose last two fields have defaults (and are sent all the same), into Structs without
defaults, and into dataclasses with defaults; each is compared with what msgspec alone takes for the same classes.

Run alone as `python -m benchmarks.body <subject> --blocks 20 120`, it decodes between the marks that callgrind reads.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from benchmarks import callgrind
from benchmarks.driver import mark
from benchmarks.tables import markdown, ratio

COUNT = 50
# Each subject and what it is compared with.
SUBJECTS = {
    "raw-msgspec": "raw-msgspec",
    "covet": "raw-msgspec",
    "covet-six-errors": "raw-msgspec",
    "raw-msgspec-no-defaults": "raw-msgspec-no-defaults",
    "covet-no-defaults": "raw-msgspec-no-defaults",
    "raw-msgspec-dataclass": "raw-msgspec-dataclass",
    "covet-dataclass": "raw-msgspec-dataclass",
    # Parts of what the validator does besides.
    "counting-colons": "raw-msgspec",
    "making-lines": "raw-msgspec",
}


class Address(msgspec.Struct):
    """
    Describe where a line goes.
    """

    street: str
    city: str
    postcode: str


class Line(msgspec.Struct):
    """
    Describe one line of an order.
    """

    sku: str
    quantity: int
    price: float
    tags: list[str]
    address: Address
    gift: bool = False
    note: str | None = None


class Order(msgspec.Struct):
    """
    Describe the body.
    """

    reference: str
    lines: list[Line]


class FullLine(msgspec.Struct):
    """
    Describe a line without defaults.
    """

    sku: str
    quantity: int
    price: float
    tags: list[str]
    address: Address
    gift: bool
    note: str | None


class FullOrder(msgspec.Struct):
    """
    Describe the body without defaults.
    """

    reference: str
    lines: list[FullLine]


@dataclass
class DataAddress:
    """
    Describe an address as a dataclass.
    """

    street: str
    city: str
    postcode: str


@dataclass
class DataLine:
    """
    Describe a line as a dataclass.
    """

    sku: str
    quantity: int
    price: float
    tags: list[str]
    address: DataAddress
    gift: bool = False
    note: str | None = None


@dataclass
class DataOrder:
    """
    Describe the body as dataclasses.
    """

    reference: str
    lines: list[DataLine]


def make_order() -> dict[str, Any]:
    """
    Return a body that fits.
    """
    return {
        "reference": "A-1",
        "lines": [
            {
                "sku": f"SKU-{number:05}",
                "quantity": number + 1,
                "price": 9.5 + number,
                "tags": ["new", "sale"],
                "address": {"street": f"{number} High Street", "city": "Springfield", "postcode": "12345"},
                "gift": number % 2 == 0,
                "note": None,
            }
            for number in range(COUNT)
        ],
    }


def make_broken_order() -> dict[str, Any]:
    """
    Return a body with six errors, far apart.
    """
    order = make_order()
    lines = order["lines"]
    order["reference"] = 7
    lines[3]["quantity"] = "many"
    lines[11]["price"] = None
    lines[20]["tags"][1] = 5
    del lines[33]["address"]["city"]
    lines[49]["gift"] = "yes"
    return order


def encode(order: dict[str, Any]) -> bytes:
    """
    Return the bytes that a client sends.
    """
    return json.dumps(order, separators=(",", ":")).encode()


def make_subject(name: str) -> Callable[[], object]:
    """
    Return a call that decodes the body once, after checking that it does what it is measured for.
    """
    good = encode(make_order())
    model = DataOrder if name.endswith("-dataclass") else FullOrder if name.endswith("-no-defaults") else Order
    if name.startswith("raw-msgspec"):
        decode = msgspec.json.Decoder(model).decode
        return lambda: decode(good)

    if name == "counting-colons":
        return lambda: good.count(ord(":"))
    if name == "making-lines":
        fields = [msgspec.structs.astuple(line) for line in msgspec.json.decode(good, type=Order).lines]
        return lambda: [Line(*values) for values in fields]

    from covet.exceptions import ValidationError
    from covet.validation import compile_validator

    decode_json: Callable[[bytes], object] = compile_validator(model).decode_json
    if name != "covet-six-errors":
        if decode_json(good) != msgspec.json.decode(good, type=model):
            raise AssertionError("the validator and msgspec disagree about the body")
        return lambda: decode_json(good)

    broken = encode(make_broken_order())

    def report() -> list[Any]:
        try:
            decode_json(broken)
        except ValidationError as exc:
            return list(exc.errors)
        return []

    if len(report()) != 6:
        raise AssertionError(f"six errors expected, got {report()}")
    return report


def measure_all(python: str, *, quick: bool) -> dict[str, float]:
    """
    Return the instructions per body of each subject.
    """
    sizes = [5, 15] if quick else [20, 120]
    figures = {}
    for name in SUBJECTS:
        try:
            (figures[name],) = callgrind.per_request(python, ["-m", "benchmarks.body", name], sizes)
        except callgrind.CallgrindError as exc:
            print(f"{name}: {exc}", file=sys.stderr)
    return figures


def table(figures: dict[str, float]) -> str:
    """
    Return the figures in thousands, against msgspec by hand and against the good path.
    """
    rows = [
        [name, f"{value / 1000:.1f}", ratio(value, figures.get(SUBJECTS[name])), ratio(value, figures.get("covet"))]
        for name, value in figures.items()
    ]
    header = ["thousand instructions", "per body", "/ raw msgspec", "/ covet good"]
    note = f"{COUNT} nested objects, {len(encode(make_order()))} bytes; of six errors all six are reported."
    return markdown("A large body", header, rows, note=note)


def main() -> None:
    """
    Decode one subject's body in blocks between marks.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.body", description=__doc__)
    parser.add_argument("subject", choices=SUBJECTS)
    parser.add_argument("--blocks", type=int, nargs="+", default=[20, 120], help="bodies per counted block")
    options = parser.parse_args()
    subject = make_subject(options.subject)
    for _ in range(options.blocks[0]):
        subject()
    for count in options.blocks:
        mark()
        for _ in range(count):
            subject()
    mark()


if __name__ == "__main__":
    main()
