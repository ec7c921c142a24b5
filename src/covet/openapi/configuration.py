"""
`[plugins.openapi]`: what can be said about a document and its pages without code.
"""

from dataclasses import field
from typing import Any, Literal

from covet.config.sections import section


@section
class OpenAPIConfig:
    """
    The settings of a document; the options of `OpenAPIPlugin` have the same names.

    Attributes:
        ui: What the page at `docs_path` is: "swagger", "redoc" or "none"; the page at `redoc_path` is always Redoc.
        path: Where the document is.
        docs_path: Where the page is; `None` for no page.
        redoc_path: Where the page of Redoc is; `None` for no page.
        title: The title; `app.name` of the settings by default.
        version: The version of the API; `app.version` of the settings by default.
        summary: A few words.
        description: The text at the beginning, in CommonMark.
        terms_of_service: The address of the terms.
        contact: Who to ask: an object with `name`, `url` and `email`.
        license: The licence: an object with `name`, and `identifier` or `url`.
        servers: Where the API is: addresses, or server objects. By default where the document is.
        tags: What the tags mean, by tag; they come in this order.
        external_docs: An address with more to read.
        security_schemes: Security scheme objects by name.
        security: The schemes that all routes ask for, unless they say otherwise.
    """

    ui: Literal["swagger", "redoc", "none"] = "swagger"
    path: str = "/openapi.json"
    docs_path: str | None = "/docs"
    redoc_path: str | None = "/redoc"
    title: str | None = None
    version: str | None = None
    summary: str | None = None
    description: str | None = None
    terms_of_service: str | None = None
    contact: dict[str, str] | None = None
    license: dict[str, str] | None = None
    servers: tuple[Any, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    external_docs: str | None = None
    security_schemes: dict[str, Any] = field(default_factory=dict)
    security: tuple[Any, ...] = ()
