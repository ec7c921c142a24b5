"""
`python -m covet`.
"""

import subprocess
import sys

from covet import __version__


def test_python_m_covet_is_the_command() -> None:
    """`python -m covet` does the same."""
    ended = subprocess.run([sys.executable, "-m", "covet", "--version"], capture_output=True, text=True, check=True)

    assert ended.stdout == f"covet {__version__}\n"
