"""
Plans of handlers, for the tests of what they are made of.
"""

from collections.abc import Callable

from covet.core.argument import Argument
from covet.core.binding import make_plan
from covet.core.path_template import PathTemplate
from covet.core.route import make_route


def plan_arguments(handler: Callable[..., object], method: str = "POST") -> dict[str, Argument]:
    """Plan the arguments of a handler, by their names."""
    route = make_route(PathTemplate.parse("/items/{item_id}"), handler, (method,), {}, ())
    return {argument.name: argument for argument in make_plan(route).arguments}
