"""
Values that fit their types: one front, two engines, every error at once, and the JSON Schema of a type.

- `validator`: what the rest of the framework uses; `constraints`: bounds; `schema`: JSON Schema 2020-12.
- `analysis` reads an annotation into `nodes`, with `models` for classes with fields. Start-up only.
- `plain` is the reference engine; `native` lets msgspec do the same faster, with `native_twin`.
- `strict_json` reads JSON with limits; `scalars` and `text` read strings.

No HTTP in here, and no library is imported unless a type or a speed-up needs it.
"""

from covet.validation.constraints import Constraints
from covet.validation.models import is_model
from covet.validation.schema import SchemaWriter, make_json_schema
from covet.validation.validator import Validator, compile_validator

__all__ = ["Constraints", "SchemaWriter", "Validator", "compile_validator", "is_model", "make_json_schema"]
