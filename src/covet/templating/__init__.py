"""
Pages out of templates, by Jinja2 (`covetpy[templates]`): escaped, rendered without blocking, checked at the start.

- `plugin`: `TemplatesPlugin`, which offers them to an application.
- `templates`: `Templates`, which renders; `context` is what every template knows.
- `files`: what is in the directories, read in a thread and nowhere else; `environment`: the adapter of Jinja2.

A battery: it uses the public surface of the application, and nothing knows it.
"""

from covet.templating.errors import TemplateError, TemplateSyntaxError
from covet.templating.plugin import TemplatesConfig, TemplatesPlugin
from covet.templating.templates import Templates

__all__ = ["TemplateError", "TemplateSyntaxError", "Templates", "TemplatesConfig", "TemplatesPlugin"]
