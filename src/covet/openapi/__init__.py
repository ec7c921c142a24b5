"""
OpenAPI 3.1: an application described from the plans that answer its requests, and pages that show it.

- `plugin`: `OpenAPIPlugin`, the document and its pages as routes; `configuration`: its settings.
- `declarations`: `operation()`, for what a signature cannot say.
- `document` puts together what `operations` writes of `parameters`, `bodies`, `responses` and `problems`, with the
  names of `components`, `operation_ids` and `paths`, and the words of `docstrings`.
- `pages` and `ui_files`: what browsers get.

It uses the public surface of applications only, and nothing else in CovetPy knows it.
"""

from covet.openapi.configuration import OpenAPIConfig
from covet.openapi.declarations import operation
from covet.openapi.document import Outline, make_document
from covet.openapi.errors import OpenAPIError
from covet.openapi.plugin import OpenAPIPlugin, find_documents

__all__ = ["OpenAPIConfig", "OpenAPIError", "OpenAPIPlugin", "Outline", "find_documents", "make_document", "operation"]
