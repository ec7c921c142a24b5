"""
Distributions for tests: metadata and modules in a directory, as an installer leaves them.
"""

from pathlib import Path


def install(
    directory: Path,
    distribution: str,
    *,
    group: str,
    offers: dict[str, str],
    version: str = "1.0",
    modules: dict[str, str] | None = None,
) -> None:
    """
    Put a distribution into a directory that is importable.

    Args:
        directory: The directory.
        distribution: Its name.
        group: The group of its entry points.
        offers: Its entry points.
        version: Its version.
        modules: The source of its modules.
    """
    information = directory / f"{distribution.replace('-', '_')}-{version}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    lines = [f"{name} = {value}" for name, value in offers.items()]
    (information / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines]) + "\n")
    for name, source in (modules or {}).items():
        (directory / f"{name}.py").write_text(source)
