"""
Law 7 and the core's promise: third-party libraries come through `covet._extras`, where they are adapted.
"""

import ast
import json
import subprocess
import sys

import pytest

from tests.architecture.source import SourceFile, read_source

# Who adapts which library. A new adapter is a decision, so it is written here.
ADAPTERS: dict[str, set[str]] = {
    "authlib": {"covet.auth.oauth.client"},
    "alembic": {"covet.database.migrations"},
    "aiosqlite": {"covet.database.drivers.sqlite"},
    "argon2": {"covet.security.argon2id"},
    "asyncmy": {"covet.database.drivers.mysql"},
    "asyncpg": {"covet.database.drivers.postgresql"},
    "click": {"covet.cli"},
    "cryptography": {"covet.security.encryption"},
    "granian": {"covet.server.granian_driver"},
    "httpx2": {"covet.auth.jwks", "covet.auth.oauth.client"},
    "joserfc": {"covet.security.jwt_keys"},
    "hypercorn": {"covet.server.hypercorn_driver"},
    "jinja2": {"covet.templating.environment"},
    "prometheus_client": {"covet.metrics.prometheus"},
    "pytest": {"covet.testing.fixtures"},
    "pytest_asyncio": {"covet.testing.fixtures"},
    "msgspec": {
        "covet.core.compiled_application",
        "covet.serialization.json_format",
        "covet.serialization.models",
        "covet.serialization.msgpack",
        "covet.validation.native",
        "covet.validation.native_json",
        "covet.validation.native_twin",
    },
    "multipart": {"covet.http.multipart"},
    "pydantic": {"covet.validation.pydantic_models", "covet.validation.schema_pydantic"},
    "pydantic_core": {"covet.validation.pydantic_models"},
    "redis": {
        "covet.auth.redis_revocations",
        "covet.cache.redis_backend",
        "covet.rate_limiting.redis_store",
        "covet.sessions.redis_store",
    },
    "uvicorn": {"covet.server.uvicorn_driver", "covet.server.uvicorn_sockets"},
    "sqlalchemy": {"covet.database.migrations", "covet.database.orm"},
    "uvloop": {"covet.server.granian_driver", "covet.server.hypercorn_driver"},
    "watchfiles": {"covet.server.granian_driver"},
    "websockets": {"covet.server.uvicorn_driver"},
    "wsproto": {"covet.server.hypercorn_driver"},
    "yaml": {"covet.cli.openapi", "covet.config.files"},
}

# Modules that are imported only after the library was found, and so may name it plainly.
BEHIND_AN_EXTRA: dict[str, set[str]] = {
    "covet.cli.application": {"click"},
    "covet.cli.check": {"click"},
    "covet.cli.commands": {"click"},
    "covet.cli.config": {"click"},
    "covet.cli.contributions": {"click"},
    "covet.cli.di": {"click"},
    "covet.cli.explain": {"click"},
    "covet.cli.openapi": {"click"},
    "covet.cli.plugins": {"click"},
    "covet.cli.routes": {"click"},
    "covet.cli.run": {"click"},
    "covet.cli.secret": {"click"},
    "covet.database.engine_errors": {"sqlalchemy"},
    "covet.database.engine_statements": {"sqlalchemy"},
    "covet.database.engines": {"sqlalchemy"},
    "covet.database.migrations.batches": {"alembic", "sqlalchemy"},
    "covet.database.migrations.commands": {"click"},
    "covet.database.migrations.comparison": {"alembic", "sqlalchemy"},
    "covet.database.migrations.differences": {"sqlalchemy"},
    "covet.database.migrations.enum_types": {"alembic", "sqlalchemy"},
    "covet.database.migrations.environment": {"alembic", "sqlalchemy"},
    "covet.database.migrations.front": {"alembic", "sqlalchemy"},
    "covet.database.migrations.locks": {"sqlalchemy"},
    "covet.database.migrations.operations": {"alembic", "sqlalchemy"},
    "covet.database.migrations.plans": {"alembic"},
    "covet.database.migrations.recorder": {"alembic", "sqlalchemy"},
    "covet.database.migrations.revisions": {"alembic"},
    "covet.database.migrations.server_defaults": {"alembic", "sqlalchemy"},
    "covet.database.migrations.sql": {"alembic"},
    "covet.database.orm.bulk_writes": {"sqlalchemy"},
    "covet.database.orm.column_agreement": {"sqlalchemy"},
    "covet.database.orm.column_bounds": {"sqlalchemy"},
    "covet.database.orm.column_types": {"sqlalchemy"},
    "covet.database.orm.cursors": {"sqlalchemy"},
    "covet.database.orm.dto": {"sqlalchemy"},
    "covet.database.orm.engine": {"sqlalchemy"},
    "covet.database.orm.fields": {"sqlalchemy"},
    "covet.database.orm.filters": {"sqlalchemy"},
    "covet.database.orm.list_query": {"sqlalchemy"},
    "covet.database.orm.mixins": {"sqlalchemy"},
    "covet.database.orm.model": {"sqlalchemy"},
    "covet.database.orm.pages": {"sqlalchemy"},
    "covet.database.orm.plugin": {"sqlalchemy"},
    "covet.database.orm.reading": {"sqlalchemy"},
    "covet.database.orm.repeated_queries": {"greenlet", "sqlalchemy"},
    "covet.database.orm.repository": {"sqlalchemy"},
    "covet.database.orm.session": {"sqlalchemy"},
    "covet.database.orm.upserts": {"sqlalchemy"},
}

# Of the standard library, but only of a newer Python than the one that may run this test.
NEWER_STDLIB = {"annotationlib", "compression"}
# `multiprocessing` enters the main module under this name, too.
STDLIB = sys.stdlib_module_names | NEWER_STDLIB | {"__mp_main__"}

every_file = pytest.mark.parametrize("file", read_source(), ids=lambda file: file.relative)


@every_file
def test_library_is_imported_through_extras(file: SourceFile) -> None:
    """
    No statement imports a third-party library, except behind `require_extra`.
    """
    plain = {name.split(".")[0] for _, name in file.walk_imports()} - STDLIB - {"covet"}

    assert plain <= BEHIND_AN_EXTRA.get(file.module, set())


@every_file
def test_library_is_used_where_it_is_adapted(file: SourceFile) -> None:
    """
    What a module imports by name, with `require_extra` and its kin, is a library that it is known to adapt.
    """
    used = {name.split(".")[0] for name in _names_imported_by_calls(file)} - STDLIB - {"covet"}

    assert used == {library for library, modules in ADAPTERS.items() if file.module in modules}


@pytest.mark.parametrize("module", ["covet", "covet.app", "covet.testing"])
def test_import_loads_no_library(module: str) -> None:
    """
    Importing the core loads nothing but the standard library and covet, whatever is installed.
    """
    script = (
        "import json, sys\n"
        "before = set(sys.modules)\n"
        f"import {module}\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in set(sys.modules) - before})))\n"
    )

    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)

    loaded = set(json.loads(result.stdout)) - STDLIB
    assert loaded == {"covet"}


def _names_imported_by_calls(file: SourceFile) -> list[str]:
    return [
        node.args[0].value
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"require_extra", "find_extra", "import_module"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    ]
