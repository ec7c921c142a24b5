"""
Prepare the environment of the benchmarks, and describe the machine that the figures come from.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".cache" / "bench-venv"
PEERS = ("fastapi", "starlette", "litestar", "blacksheep", "falcon")
CONTAINERS = ("dishka", "rodi")
DATABASES = ("aiosqlite", "asyncpg", "sqlalchemy[asyncio]")
# The stacks of peers that have a database, and what their pages are made with.
DATABASE_STACKS = ("advanced-alchemy", "django", "psycopg[binary,pool]", "jinja2", "markupsafe")
# What the stacks of peers take from others: proxy headers, and the signing of sessions.
STACK = ("uvicorn", "itsdangerous")
LIBRARIES = ("granian>=2.8.7", "uvloop", "msgspec>=0.22", "pydantic>=2.11")
REQUIREMENTS = (*PEERS, *CONTAINERS, *DATABASES, *DATABASE_STACKS, *STACK, *LIBRARIES)
DESCRIBED = (
    *("msgspec", "granian", "uvloop", "pydantic", *PEERS, *CONTAINERS, *STACK),
    *("sqlalchemy", "asyncpg", "aiosqlite", "advanced-alchemy", "django", "psycopg", "jinja2"),
)


def python_environment(base: Mapping[str, str]) -> dict[str, str]:
    """
    Return the variables that every measured process gets: the checkout importable, hashes not random.
    """
    return {
        **base,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONOPTIMIZE": "",
        "PYTHONASYNCIODEBUG": "",
    }


def venv_python() -> Path:
    """
    Return where the interpreter of the benchmark environment is.
    """
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def prepare(*, install: bool = True) -> str:
    """
    Return the interpreter to measure with: the benchmark environment, made on first use, or this one.

    A failed installation (no network, say) is reported and whatever is installed is measured.
    """
    python, complete, wanted = venv_python(), VENV / "complete", "\n".join(REQUIREMENTS)
    if install and not (complete.exists() and complete.read_text() == wanted):
        print(f"Installing the peers into {VENV.relative_to(ROOT)} …", file=sys.stderr)
        try:
            subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
            pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, *REQUIREMENTS], check=True)
        except (OSError, subprocess.CalledProcessError) as exc:
            print(f"The peers could not be installed ({exc}); measuring what is there.", file=sys.stderr)
        else:
            complete.write_text(wanted)
    if not complete.exists():
        return sys.executable
    return str(python)


def library_versions(python: str) -> dict[str, str]:
    """
    Ask an interpreter which of the measured libraries it has.
    """
    code = (
        "import importlib.metadata as m, sys\n"
        "for name in sys.argv[1:]:\n"
        "    try: print(name, m.version(name))\n"
        "    except m.PackageNotFoundError: pass\n"
    )
    result = subprocess.run([python, "-c", code, *DESCRIBED], capture_output=True, text=True, check=True)
    return dict(line.split() for line in result.stdout.splitlines())


def cpu_model() -> str:
    """
    Return the name of the processor.
    """
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def os_name() -> str:
    """
    Return the name of the operating system.
    """
    try:
        return f"{platform.freedesktop_os_release()['PRETTY_NAME']}, {platform.system()} {platform.release()}"
    except OSError:
        return platform.platform()


def describe(python: str) -> dict[str, object]:
    """
    Return what a reader needs to judge the figures: machine, interpreter, libraries, command.
    """
    version = subprocess.run([python, "-VV"], capture_output=True, text=True, check=True).stdout.strip()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "os": os_name(),
        "python": version,
        "libraries": library_versions(python),
        "commit": commit or "unknown",
        "command": " ".join(["python", "-m", "benchmarks", *sys.argv[1:]]),
    }
