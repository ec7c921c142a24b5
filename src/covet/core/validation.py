"""
The validation, where those look for it who know the application by `covet.core`.
"""

from covet.validation import Constraints, Validator, compile_validator

__all__ = ["Constraints", "Validator", "compile_validator"]
