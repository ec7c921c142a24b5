"""
Tests of `covet.testing.factory`.
"""

from dataclasses import dataclass

from covet.testing import Factory


@dataclass
class Tea:
    """A model."""

    name: str
    price: int = 3


def test_each_is_a_little_different() -> None:
    """By its number; what a test says counts more."""
    teas = Factory(Tea, name=lambda number: f"tea {number}")

    assert [teas.build(), teas.build(price=4), teas.build(name="oolong")] == [
        Tea("tea 1"),
        Tea("tea 2", 4),
        Tea("oolong"),
    ]


async def test_what_is_created_is_saved() -> None:
    """And is what the saving gives, if it gives something."""
    saved: list[Tea] = []

    async def save(tea: Tea) -> None:
        saved.append(tea)

    async def save_twin(tea: Tea) -> Tea:
        return Tea(f"{tea.name}, saved")

    assert await Factory(Tea, save=save, name="a").create() is saved[0]
    assert await Factory(Tea, save=save_twin, name="a").create() == Tea("a, saved")
    assert await Factory(Tea, name="a").create() == Tea("a")
    assert [tea.price for tea in await Factory(Tea, save=save, name="a").create_many(3, price=9)] == [9] * 3


def test_a_factory_of_others_goes_on_counting() -> None:
    """No number is given twice."""
    teas = Factory(Tea, name=lambda number: f"tea {number}")
    dear = teas.extend(price=99)

    assert [teas.build(), dear.build(), teas.build()] == [Tea("tea 1"), Tea("tea 2", 99), Tea("tea 3")]
