"""
The query of a URL: text to pairs and back.

Only `&` separates fields (`;` is an ordinary character, or a cache and the application would see
different parameters), `+` is a space, and what a percent-encoding hides must be UTF-8. The work is
linear, and a query of too many fields is refused before anything is built.
"""

from collections.abc import Iterable, Mapping

from covet.exceptions import BadRequestError
from covet.http.multidict import MultiMapping
from covet.http.percent import decode_percent, mend_percent

MAX_QUERY_FIELDS = 1000
"""How many fields a query may have unless told otherwise."""


def parse_query(text: str | bytes, *, max_fields: int = MAX_QUERY_FIELDS) -> list[tuple[str, str]]:
    """
    Split a query into its decoded names and values, in their order.

    A field without `=` has the value `""`; blank values are kept; empty fields (`a&&b`) are skipped.
    A `%` that two hexadecimal digits do not follow stands for itself, as in browsers. Invalid UTF-8
    is refused: replacement characters would make different queries equal.

    Args:
        text: The query without its `?`. Bytes are read as UTF-8.
        max_fields: How many fields are allowed, empty ones included.

    Raises:
        BadRequestError: If there are more fields, if the text is not valid UTF-8, or if more than 1,000 `%`
            encode nothing.

    Example:
        >>> parse_query("q=tea+caf%C3%A9&page=2&sort=&x;y=1")
        [('q', 'tea café'), ('page', '2'), ('sort', ''), ('x;y', '1')]
    """
    if not text:
        return []
    try:
        if isinstance(text, bytes):
            text = text.decode()
        elif not text.isascii():
            text.encode()  # a lone surrogate is no text: it could not be sent back
        if text.count("&") >= max_fields:
            raise BadRequestError(f"The query has more than {max_fields} fields.")
        if "+" in text:
            text = text.replace("+", " ")
        if "%" not in text:
            # One comprehension without a call of our own for each field.
            fields = [field.partition("=") for field in text.split("&") if field]
            return [(name, value) for name, _, value in fields]
        return [_split_encoded(field) for field in mend_percent(text.encode()).split(b"&") if field]
    except UnicodeError as exc:
        raise BadRequestError("The query is not valid UTF-8.") from exc


def encode_query(params: Mapping[str, object] | Iterable[tuple[str, object]]) -> str:
    """
    Write names and values as a query; `parse_query` reads the same pairs back.

    Args:
        params: Pairs, or a mapping. A list or tuple as a value repeats the name; other values are
            written as `str` does, but `True` and `False` in lower case.

    Raises:
        ValueError: If a name or a value holds a lone surrogate, which no URL can carry.

    Example:
        >>> encode_query({"q": "tea & cake", "page": 2, "tag": ["hot", "sweet"], "new": True})
        'q=tea+%26+cake&page=2&tag=hot&tag=sweet&new=true'
    """
    # Loaded here: the module costs 4 ms of start-up, and only programs that write queries need it.
    from urllib.parse import quote_plus

    if isinstance(params, MultiMapping):
        params = params.multi_items()
    elif isinstance(params, Mapping):
        params = params.items()
    fields: list[str] = []
    for name, value in params:
        quoted = quote_plus(name)
        values = value if isinstance(value, (list, tuple)) else (value,)
        fields += [f"{quoted}={quote_plus(_to_text(item))}" for item in values]
    return "&".join(fields)


class QueryParams(MultiMapping[str]):
    """
    The parameters of a query: a read-only mapping in which a name may repeat.

    Args:
        source: A query as text, pairs, or a mapping with one value per name.
        max_fields: How many fields a query given as text may have.

    Raises:
        BadRequestError: As `parse_query` does.

    Example:
        >>> params = QueryParams("tag=hot&tag=sweet&q=tea+time")
        >>> params["q"], params["tag"], params.get_list("tag")
        ('tea time', 'sweet', ['hot', 'sweet'])
        >>> str(params)
        'tag=hot&tag=sweet&q=tea+time'
    """

    __slots__ = ()

    def __init__(
        self,
        source: str | bytes | Iterable[tuple[str, str]] | Mapping[str, str] = (),
        *,
        max_fields: int = MAX_QUERY_FIELDS,
    ) -> None:
        if isinstance(source, (str, bytes)):
            source = parse_query(source, max_fields=max_fields)
        super().__init__(source)

    def __str__(self) -> str:
        return encode_query(self._pairs)


def _split_encoded(field: bytes) -> tuple[str, str]:
    name, _, value = field.partition(b"=")
    return _decode(name), _decode(value)


def _decode(text: bytes) -> str:
    return (decode_percent(text) if b"%" in text else text).decode()


def _to_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


__all__ = ["MAX_QUERY_FIELDS", "QueryParams", "encode_query", "parse_query"]
