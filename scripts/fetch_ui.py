"""
Fetch the files of Swagger UI and Redoc with npm, and put them where the wheel takes them from.

`make ui` runs it. The versions and the hashes of the packages stand here: what npm brings is checked against them,
whatever registry it is set up for. The files are other people's work under their own licences, which come along; git
ignores them.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "src" / "covet" / "openapi" / "ui"


@dataclass(frozen=True)
class Package:
    """
    A package of npm.

    Attributes:
        name: Its name.
        version: Its version.
        integrity: What npm calls its integrity: the SHA-512 of its archive.
        files: The files to take, and what to call them.
        changes: What is replaced in them, once each: their pages ask nobody else for anything.
    """

    name: str
    version: str
    integrity: str
    files: dict[str, str]
    changes: dict[str, str] = field(default_factory=dict)


PACKAGES = (
    Package(
        "swagger-ui-dist",
        "5.35.0",
        "sha512-U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==",
        {
            "swagger-ui-bundle.js": "swagger-ui-bundle.js",
            "swagger-ui.css": "swagger-ui.css",
            "favicon-32x32.png": "swagger-ui-favicon.png",
            "LICENSE": "swagger-ui.LICENSE",
            "NOTICE": "swagger-ui.NOTICE",
            "swagger-ui-bundle.js.LICENSE.txt": "swagger-ui-bundle.LICENSE",
        },
    ),
    Package(
        "redoc",
        "2.5.4",
        "sha512-M6jWhG1qoBnH6TFmzJnstyCZ87HmOY/UzDm78mHiYihEdlV/YcS9ogOo1NlElnJMeLsyxHFe2yFc4sNjHTrABQ==",
        {
            "bundles/redoc.standalone.js": "redoc.standalone.js",
            "LICENSE": "redoc.LICENSE",
            "bundles/redoc.standalone.js.LICENSE.txt": "redoc.standalone.LICENSE",
        },
        # A picture beside the link to its makers, which stays.
        {
            "https://cdn.redoc.ly/redoc/logo-mini.svg": "data:image/svg+xml,"
            "<svg xmlns=%22http://www.w3.org/2000/svg%22/>"
        },
    ),
)


class FetchError(Exception):
    """
    The files cannot be had; the text says why.
    """


def fetch(package: Package, target: Path, npm: str) -> None:
    """
    Put the files of a package into a folder.

    Args:
        package: The package.
        target: The folder.
        npm: The command.

    Raises:
        FetchError: If npm fails, or brings something else than it should.
    """
    with tempfile.TemporaryDirectory() as folder:
        archive = pack(package, Path(folder), npm)
        found = make_integrity(archive)
        if found != package.integrity:
            raise FetchError(f"{package.name} {package.version} has the hash {found}, expected {package.integrity}.")
        unpack(package, archive, target)


def pack(package: Package, folder: Path, npm: str) -> Path:
    """
    Let npm bring the archive of a package.
    """
    command = [npm, "pack", f"{package.name}@{package.version}", "--json", "--ignore-scripts"]
    # npm asks for a package.json nowhere: an empty folder keeps the checkout out of it.
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    if result.returncode != 0:
        raise FetchError(f"npm pack {package.name}@{package.version} failed:\n{result.stderr.strip()}")
    return folder / Path(json.loads(result.stdout)[0]["filename"]).name


def make_integrity(archive: Path) -> str:
    """
    Hash an archive as npm does.
    """
    return "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()


def unpack(package: Package, archive: Path, target: Path) -> None:
    """
    Take the files that are wanted out of an archive, and nothing else.
    """
    target.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as tar:
        for source, name in package.files.items():
            member = tar.extractfile(f"package/{source}")
            if member is None:
                raise FetchError(f"{package.name} {package.version} has no file {source!r}.")
            (target / name).write_bytes(member.read())
    for old, new in package.changes.items():
        replace_once(package, target, old, new)


def replace_once(package: Package, target: Path, old: str, new: str) -> None:
    """
    Replace a text that stands once in the files of a package.
    """
    paths = [target / name for name in package.files.values()]
    found = [path for path in paths if old.encode() in path.read_bytes()]
    if len(found) != 1 or found[0].read_bytes().count(old.encode()) != 1:
        raise FetchError(f"{old!r} does not stand in {package.name} {package.version} exactly once.")
    found[0].write_bytes(found[0].read_bytes().replace(old.encode(), new.encode()))


def main() -> int:
    """
    Fetch what is missing or was made by another version of this script.
    """
    npm = shutil.which("npm")
    stamp = FOLDER / "versions.json"
    wanted = [asdict(package) for package in PACKAGES]
    names = [name for package in PACKAGES for name in package.files.values()]
    is_there = stamp.is_file() and json.loads(stamp.read_text("utf-8")) == wanted
    if is_there and all((FOLDER / name).is_file() for name in names):
        print("The files of the pages are there.")
        return 0
    if npm is None:
        print("npm is needed to fetch the files of Swagger UI and Redoc. Install Node.js, then run: make ui")
        return 1
    try:
        for package in PACKAGES:
            fetch(package, FOLDER, npm)
            print(f"{package.name} {package.version}")
    except FetchError as exc:
        print(exc)
        return 1
    stamp.write_text(json.dumps(wanted, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
