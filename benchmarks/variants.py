"""
List what can be measured: a name, the module that holds the application, and the protocol it speaks.
"""

import importlib
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal


@dataclass(frozen=True)
class Variant:
    """
    Name one application; `requires` is the import that must be there for it to run.
    """

    name: str
    module: str
    protocol: Literal["asgi", "rsgi"]
    requires: str
    attribute: str = "app"

    @property
    def target(self) -> str:
        """
        Return the import string that a server takes.
        """
        return f"{self.module}:{self.attribute}"

    def is_installed(self) -> bool:
        """
        Say whether the library is there, without importing it.
        """
        return find_spec(self.requires) is not None

    def load(self) -> Any:  # an ASGI callable or an RSGI application: the driver knows which
        """
        Import the application.
        """
        return getattr(importlib.import_module(self.module), self.attribute)


VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant("raw-asgi", "benchmarks.apps.raw_asgi", "asgi", "msgspec"),
        Variant("raw-rsgi", "benchmarks.apps.raw_rsgi", "rsgi", "msgspec"),
        Variant("covet-asgi", "benchmarks.apps.covet_app", "asgi", "covet"),
        Variant("covet-rsgi", "benchmarks.apps.covet_app", "rsgi", "covet"),
        Variant("blacksheep", "benchmarks.apps.blacksheep_app", "asgi", "blacksheep"),
        Variant("falcon", "benchmarks.apps.falcon_app", "asgi", "falcon"),
        Variant("starlette", "benchmarks.apps.starlette_app", "asgi", "starlette"),
        Variant("litestar", "benchmarks.apps.litestar_app", "asgi", "litestar"),
        Variant("fastapi", "benchmarks.apps.fastapi_app", "asgi", "fastapi"),
    )
}

# The five middleware on the json case.
MIDDLEWARE_VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant("raw-asgi+5", "benchmarks.apps.raw_asgi_onepass", "asgi", "msgspec"),
        Variant("raw-asgi+5-layers", "benchmarks.apps.raw_asgi_middleware", "asgi", "msgspec"),
        Variant("covet-asgi+5", "benchmarks.apps.covet_middleware_app", "asgi", "covet"),
        Variant("covet-asgi+5-built-in", "benchmarks.apps.covet_built_in_app", "asgi", "covet"),
        Variant("starlette+5", "benchmarks.apps.starlette_middleware_app", "asgi", "starlette"),
    )
}

# The middleware of a service in production, on the json and the post case.
PRODUCTION_VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant("raw-asgi+stack", "benchmarks.apps.raw_asgi_production", "asgi", "msgspec"),
        Variant("covet-asgi+stack", "benchmarks.apps.covet_production_app", "asgi", "covet"),
        Variant("blacksheep+stack", "benchmarks.apps.blacksheep_production_app", "asgi", "blacksheep"),
        Variant("starlette+stack", "benchmarks.apps.starlette_production_app", "asgi", "uvicorn"),
        Variant("litestar+stack", "benchmarks.apps.litestar_production_app", "asgi", "litestar"),
    )
}

# What answers from a database.
DATABASE_VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant("covet-adapter", "benchmarks.apps.covet_adapter_app", "asgi", "covet"),
        Variant("covet-orm", "benchmarks.apps.covet_orm_app", "asgi", "covet"),
        Variant("fastapi-sqlalchemy", "benchmarks.apps.fastapi_rows_app", "asgi", "fastapi"),
        Variant("litestar-advanced-alchemy", "benchmarks.apps.litestar_rows_app", "asgi", "litestar"),
        Variant("django-asgi", "benchmarks.apps.django_rows_app", "asgi", "django"),
    )
}

# One thing each of what the five middleware do.
PART_VARIANTS: dict[str, Variant] = {
    f"part-{name}": Variant(f"part-{name}", "benchmarks.apps.covet_part_apps", "asgi", "covet", name)
    for name in (
        *("nothing", "entry", "entries", "exit_", "look", "looks", "client", "remember", "count", "identify", "size"),
        *("change", "one_constant", "two_constants", "four_constants"),
    )
}

# One middleware each of that stack.
STACK_PART_VARIANTS: dict[str, Variant] = {
    f"stack-{name}": Variant(f"stack-{name}", "benchmarks.apps.covet_production_parts", "asgi", "covet", name)
    for name in (
        "nothing",
        "hosts",
        "proxies",
        "request_ids",
        "security_headers",
        "cors",
        "sessions",
        "csrf",
        "rate_limit",
    )
}

# As many routes as BENCHMARK_ROUTES says.
ROUTE_VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        Variant("covet-routes", "benchmarks.apps.covet_routes_app", "asgi", "covet"),
        Variant("starlette-routes", "benchmarks.apps.starlette_routes_app", "asgi", "starlette"),
    )
}

ALL_VARIANTS = (
    VARIANTS
    | MIDDLEWARE_VARIANTS
    | PRODUCTION_VARIANTS
    | DATABASE_VARIANTS
    | PART_VARIANTS
    | STACK_PART_VARIANTS
    | ROUTE_VARIANTS
)
