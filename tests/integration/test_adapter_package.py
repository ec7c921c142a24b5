"""
The template for database adapters, built and installed as a real package, is found by its entry point.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.architecture.source import ROOT

APPLICATION = """
import asyncio

from covet import create_app
from covet.database import DatabaseAdapter, DatabasePlugin
from covet.testing import TestClient

app = create_app(plugins=[DatabasePlugin])


@app.get("/")
async def count(database: DatabaseAdapter) -> str:
    await database.execute("put tea name", "oolong")
    return f"{type(database).__module__} {len(await database.fetch_all('list tea name'))}"


async def main() -> str:
    async with TestClient(app) as client:
        return (await client.get("/")).text


if __name__ == "__main__":
    print(asyncio.run(main()))
"""


def test_an_installed_adapter_is_found_by_the_scheme_of_a_url(tmp_path: Path) -> None:
    """
    With nothing imported and nothing registered by hand.
    """
    site, copy = tmp_path / "site", tmp_path / "template"
    # The build works on a copy: it leaves nothing in the checkout.
    shutil.copytree(ROOT / "examples" / "adapter", copy, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run(
        [*pip, "--no-build-isolation", "--no-index", "--target", str(site), str(copy)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    (tmp_path / "main.py").write_text(APPLICATION)
    (tmp_path / "config.toml").write_text(f'[database]\nurl = "drawer:///{tmp_path / "tea.json"}"\n')

    ended = subprocess.run(
        [sys.executable, "main.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(site)])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ended.stdout == "covet_drawer.adapter 1\n", ended.stderr
