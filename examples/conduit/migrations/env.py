"""
Run by each command on the migrations beside it.

`run_migrations` takes the options of Alembic's `context.configure()`: `include_object`, `compare_server_default` …
"""

from covet.database.migrations import run_migrations

run_migrations()
