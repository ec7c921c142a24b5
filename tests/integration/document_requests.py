"""
Requests as a document describes them: values put on the wire by `style` and `explode` (OpenAPI 3.1, §4.8.12, §4.8.15).

Where OpenAPI has no word, for objects and lists within objects, brackets go on: `a[b][c]`, `a[0][b]`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from tests.integration.document_values import DocumentValues, Schema, Values

MULTIPART = "multipart/form-data"

_DEFAULTS = {"query": "form", "cookie": "form", "header": "simple", "path": "simple"}
_DELIMITERS = {"form": ",", "simple": ",", "spaceDelimited": " ", "pipeDelimited": "|"}

# What every way to the server lets through as it is.
_HEADER_TEXT = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='",;\\')


@dataclass
class Sent:
    """
    A request, and the values that it was made of.

    Attributes:
        query: The pairs of the query.
        headers: The headers.
        cookies: The cookies.
        form: The pairs of a form.
        files: Its files.
        media_type: What the body is, if there is one.
        values: The values by the names and places of their parameters; those of a form by the name alone.
    """

    query: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    form: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, bytes]] = field(default_factory=list)
    media_type: str | None = None
    values: dict[tuple[str, str], Any] = field(default_factory=dict)

    def replace(self, parameter: Schema, value: Any) -> None:
        """Give a parameter another value; `None` leaves it out."""
        place, name = parameter["in"], parameter["name"]
        self.values.pop((place, name), None)
        self.query = [pair for pair in self.query if place != "query" or pair[0].partition("[")[0] != name]
        self.headers = [pair for pair in self.headers if place != "header" or pair[0] != name]
        if place == "cookie":
            self.cookies.pop(name, None)
        if value is not None:
            _put_parameter(self, parameter, value)

    def options(self) -> dict[str, Any]:
        """Make the options of `TestClient.request`."""
        # Written as a browser does; what separates items may stand there as it is.
        query = "&".join(f"{quote(name)}={quote(text, safe=',|')}" for name, text in self.query)
        options: dict[str, Any] = {"params": query, "headers": self.headers, "cookies": self.cookies}
        if self.media_type == MULTIPART:
            return {**options, "data": self.form, "files": [(name, (name, data)) for name, data in self.files]}
        return {**options, "data": self.form} if self.media_type is not None else options


def requests_of(document: Schema, operation: Schema) -> st.SearchStrategy[Sent]:
    """Make requests that an operation of a document describes."""
    texts = {"query": DocumentValues(document)}
    parameters = [
        (parameter, _maybe(_spelled(values, parameter["schema"]), is_required=parameter.get("required", False)))
        for parameter in operation.get("parameters", ())
        for values in (texts.get(parameter["in"]) or DocumentValues(document, _HEADER_TEXT),)
    ]
    body = operation.get("requestBody", {"content": {}})
    bodies = {name: _spelled(texts["query"], media["schema"]) for name, media in body["content"].items()}

    @st.composite
    def make(draw: st.DrawFn) -> Sent:
        sent = Sent()
        for parameter, values in parameters:
            value = draw(values)
            if value is not None:
                sent.values[parameter["in"], parameter["name"]] = value
                _put_parameter(sent, parameter, value)
        if bodies and (body.get("required") or draw(st.booleans())):
            sent.media_type = draw(st.sampled_from(list(bodies)))
            value = draw(bodies[sent.media_type])
            sent.values["form", ""] = value
            _put_form(sent, body["content"][sent.media_type], value)
        return sent

    return make()


def _maybe(values: Values, *, is_required: bool) -> Values:
    return values if is_required else st.none() | values


def _spelled(values: DocumentValues, schema: Schema) -> Values:
    """Make values without what has no spelling, such as an empty list within an object; what is left has to fit."""
    made = values.make(schema)
    if values.resolve(schema).get("type") != "object":
        return made
    return made.map(prune).filter(partial(values.fits, schema=schema))


def prune(value: Any) -> Any:
    """Take out of an object, at any depth, the lists and objects that are empty."""
    if isinstance(value, dict):
        kept = {name: prune(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item not in ([], {})}
    return [item for item in map(prune, value) if item not in ([], {})] if isinstance(value, list) else value


def _put_parameter(sent: Sent, parameter: Schema, value: Any) -> None:
    name, place = parameter["name"], parameter["in"]
    style = parameter.get("style", _DEFAULTS[place])
    is_exploded = parameter.get("explode", style == "form")
    if place == "query":
        sent.query += write_pairs(name, value, style=style, is_exploded=is_exploded)
        return
    text = _DELIMITERS[style].join(map(write, value)) if isinstance(value, list) else write(value)
    if place == "header":
        sent.headers.append((name, text))
    else:
        sent.cookies[name] = text


def _put_form(sent: Sent, media: Schema, value: Mapping[str, Any]) -> None:
    for name, item in value.items():
        style = media.get("encoding", {}).get(name, {}).get("style", "form")
        files = [part for part in (item if isinstance(item, list) else [item]) if isinstance(part, bytes)]
        if files:
            sent.files += [(name, data) for data in files]
        else:
            sent.form += write_pairs(name, item, style=style, is_exploded=True)


def write_pairs(name: str, value: Any, *, style: str, is_exploded: bool) -> list[tuple[str, str]]:
    """Write a value as the pairs of a query or a form."""
    if style == "deepObject":
        return list(_walk(name, value))
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in write_pairs(key, item, style=style, is_exploded=True)]
    if not isinstance(value, list):
        return [(name, write(value))]
    if is_exploded:
        return [(name, write(item)) for item in value]
    return [(name, _DELIMITERS[style].join(map(write, value)))]


def _walk(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(f"{name}[{key}]", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(f"{name}[{index}]", item)
    else:
        yield name, write(value)


def write(value: Any) -> str:
    """Write one value as text."""
    return value if isinstance(value, str) else json.dumps(value)
