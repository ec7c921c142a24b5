"""
The standards' import path of the validation.
"""

from covet.validation import Constraints, Validator, compile_validator

__all__ = ["Constraints", "Validator", "compile_validator"]
