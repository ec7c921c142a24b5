"""
HTML forms: their fields and files, and how a body of `application/x-www-form-urlencoded` is read.

The rules are those of a query; the limits are those of every form, whatever its content type, and
they hold before anything large is built.
"""

from collections.abc import Iterable, Mapping

from covet.exceptions import BadRequestError, ContentTooLargeError, UnsupportedMediaTypeError
from covet.http.multidict import MultiMapping
from covet.http.percent import decode_percent, mend_percent
from covet.http.uploads import UploadFile

MAX_FORM_FIELDS = 1000
"""How many fields a form may have unless told otherwise."""

MAX_FIELD_SIZE = 1024 * 1024
"""How many bytes a field of a form may have unless told otherwise."""

FormValue = str
"""What a field of a form holds: text."""

# A charset that a client names is looked up here, never in Python's codecs: some of those are no charsets.
_CODECS = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "latin-1"}


class FormData(MultiMapping[FormValue]):  # noqa: PLW1641 - as its base, it is not hashable
    """
    The fields of a form: a read-only mapping in which a name may repeat. Its files stand apart, in `files`.

    A client chooses what it sends as a file; whoever wants text never finds anything else among the fields.

    Args:
        pairs: The fields in their order, or a mapping with one value per name.
        files: The files in their order.

    Attributes:
        files: The files by the names of their fields: a mapping of the same shape.

    Example:
        >>> form = FormData([("title", "Tea"), ("tag", "hot"), ("tag", "sweet")])
        >>> form["title"], form["tag"], form.get_list("tag")
        ('Tea', 'sweet', ['hot', 'sweet'])
    """

    __slots__ = ("files",)

    def __init__(
        self,
        pairs: Iterable[tuple[str, FormValue]] | Mapping[str, FormValue] = (),
        files: Iterable[tuple[str, UploadFile]] = (),
    ) -> None:
        super().__init__(pairs)
        self.files: MultiMapping[UploadFile] = MultiMapping(files)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FormData) and self.files != other.files:
            return False
        return super().__eq__(other)

    async def close(self) -> None:
        """Close its files; the framework does so at the end of the request."""
        for _, file in self.files.multi_items():
            await file.close()


def parse_urlencoded(
    body: bytes,
    *,
    max_fields: int = MAX_FORM_FIELDS,
    max_field_size: int = MAX_FIELD_SIZE,
    max_fields_size: int | None = None,
    charset: str = "utf-8",
) -> FormData:
    """
    Read an urlencoded body into its fields.

    Only `&` separates fields, `+` is a space, blank values are kept, empty fields (`a&&b`) are skipped.

    Args:
        body: The whole body; its size is the business of whoever read it.
        max_fields: How many fields are allowed, empty ones included.
        max_field_size: How many bytes a decoded name or value may have.
        max_fields_size: How many bytes the body may have; `None` for no limit.
        charset: What `Content-Type` says: UTF-8, or its subset US-ASCII, or ISO-8859-1.

    Raises:
        ContentTooLargeError: If there are more fields, or if one is larger.
        BadRequestError: If the body is not text in that charset, or if more than 1,000 `%` encode nothing.
        UnsupportedMediaTypeError: If the charset is another.

    Example:
        >>> parse_urlencoded(b"title=Green+tea&note=caf%C3%A9&tag=hot&tag=sweet").to_lists()
        {'title': ['Green tea'], 'note': ['café'], 'tag': ['hot', 'sweet']}
    """
    codec = _CODECS.get(charset.lower())
    if codec is None:
        raise UnsupportedMediaTypeError(
            ["application/x-www-form-urlencoded"], "Forms are understood in UTF-8, US-ASCII and ISO-8859-1."
        )
    if not body:
        return FormData()
    if max_fields_size is not None and len(body) > max_fields_size:
        raise ContentTooLargeError(
            f"The fields of the form are larger than {max_fields_size} bytes in all.", limit=max_fields_size
        )
    if body.count(b"&") >= max_fields:
        raise ContentTooLargeError(f"The form has more than {max_fields} fields.")
    pairs: list[tuple[str, str]] = []
    try:
        for field in mend_percent(body).split(b"&"):
            if field:
                name, _, value = field.partition(b"=")
                pairs.append((_decode(name, codec, max_field_size), _decode(value, codec, max_field_size)))
    except UnicodeError as exc:
        raise BadRequestError("The form is not text in the charset that it names.") from exc
    return FormData(pairs)


def _decode(text: bytes, codec: str, max_size: int) -> str:
    encoded = text.count(b"%")
    if len(text) - 2 * encoded > max_size:
        raise ContentTooLargeError(f"A field of the form is larger than {max_size} bytes.", limit=max_size)
    if b"+" in text:
        text = text.replace(b"+", b" ")
    return (decode_percent(text) if encoded else text).decode(codec)


__all__ = ["MAX_FIELD_SIZE", "MAX_FORM_FIELDS", "FormData", "parse_urlencoded"]
