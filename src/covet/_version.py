"""
The one version string: the build, the command and `covet.__version__` read it here.
"""

__version__ = "0.1.0"
