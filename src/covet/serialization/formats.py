"""
Which formats an application speaks, and which one a message is in.
"""

from collections.abc import Iterable
from functools import cache
from threading import Lock
from typing import Final

from covet.exceptions import BadRequestError, ConfigurationError, NotAcceptableError, UnsupportedMediaTypeError
from covet.registry import DEFAULT_PRIORITY, InvalidItemError, Registry
from covet.serialization.contract import Serializer
from covet.serialization.json_format import get_json_serializer
from covet.serialization.media_types import negotiate, parse_media_type

_JSON: Final = "application/json"
# APPSEC: docs/security.md, row 28: clients choose these texts, so few are kept, and no long ones.
_MAX_REMEMBERED: Final = 1024
_MAX_REMEMBERED_SIZE: Final = 256
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii"})

_lock = Lock()
_default: Registry[Serializer] | None = None


def create_serializer_registry() -> Registry[Serializer]:
    """
    Make a registry that knows JSON, and takes in nothing but serializers.

    Example:
        >>> create_serializer_registry()
        <Registry 'serializers': application/json>
    """
    registry = Registry[Serializer](check_serializer, name="serializers", expected="a Serializer of version 1")
    register_serializer(get_json_serializer(), registry=registry)
    return registry


def get_serializer_registry() -> Registry[Serializer]:
    """
    Return the default registry, from which an application takes a copy when it is made.

    Example:
        >>> get_serializer_registry() is get_serializer_registry()
        True
    """
    global _default
    with _lock:
        if _default is None:
            _default = create_serializer_registry()
        return _default


def check_json_type(content_type: str | None) -> None:
    """
    Refuse a body that does not say that it is JSON.

    Args:
        content_type: Its `Content-Type`; `None` without one.

    Raises:
        UnsupportedMediaTypeError: If it is another type than `application/json` and `application/*+json`, or none.
        BadRequestError: If the header is malformed.

    Example:
        >>> check_json_type("application/problem+json; charset=utf-8")
        >>> check_json_type("text/plain")
        Traceback (most recent call last):
            ...
        covet.exceptions.UnsupportedMediaTypeError: Unsupported Media Type
    """
    _make_json_table().find(content_type)


@cache
def _make_json_table() -> "SerializerTable":
    return SerializerTable(create_serializer_registry())


def register_serializer(
    serializer: Serializer,
    priority: int = DEFAULT_PRIORITY,
    *,
    replace: bool = False,
    registry: Registry[Serializer] | None = None,
) -> None:
    """
    Offer a format, under its media type.

    Args:
        serializer: What reads and writes it.
        priority: Lower is preferred when a client likes several formats equally.
        replace: Take the place of the serializer of the same media type, such as JSON's.
        registry: Where to offer it; by default where applications made afterwards look.

    Raises:
        ItemExistsError: If the media type is taken and `replace` is not set.
        InvalidItemError: If it is no serializer, or its media types are malformed.

    Example:
        >>> from covet.serialization import JSONSerializer
        >>> registry = create_serializer_registry()
        >>> own = JSONSerializer(encoders={complex: str})
        >>> register_serializer(own, replace=True, registry=registry)
        >>> registry.get("application/json") is own
        True
    """
    target = get_serializer_registry() if registry is None else registry
    name = getattr(serializer, "media_type", None)
    if not isinstance(name, str):
        raise InvalidItemError(
            f"{serializer!r} cannot be registered as a serializer: it has no media type.",
            hint="Derive its class from covet.serialization.Serializer, and register an instance.",
        )
    target.register(name.lower(), serializer, priority, replace=replace)


def check_serializer(item: object) -> bool:
    """
    Answer whether an item can serve as a serializer.

    Raises:
        ConfigurationError: If one of its media types is malformed; the text names it.

    Example:
        >>> check_serializer(get_json_serializer()), check_serializer("application/json")
        (True, False)
    """
    if not isinstance(item, Serializer) or item.contract_version != 1:
        return False
    _check_media_type(item.media_type, suffix_allowed=False)
    for alias in item.aliases:
        _check_media_type(alias, suffix_allowed=True)
    return True


class SerializerTable:
    """
    Look up serializers by what a client says; made at start-up from a registry.

    It keeps what the registry held when it was made.

    Attributes:
        media_types: What is on offer, the preferred one first.
        accepted: `Accept` headers that were found to want JSON, as text; `None` stands for having sent none, so that
            one look-up decides. Bounded, and shared by all routes.
        accepted_bytes: The same as bytes.

    Example:
        >>> table = SerializerTable(create_serializer_registry())
        >>> table.choose("text/html;q=0.9, */*;q=0.1").media_type
        'application/json'
        >>> table.find("application/problem+json; charset=utf-8").media_type
        'application/json'
        >>> table.choose("text/html")
        Traceback (most recent call last):
            ...
        covet.exceptions.NotAcceptableError: Not Acceptable
    """

    def __init__(self, registry: Registry[Serializer]) -> None:
        serializers = [serializer for _, serializer in registry.list_all(sort_by_priority=True)]
        self._by_type: dict[str, Serializer] = {}
        self._by_suffix: dict[str, Serializer] = {}
        for serializer in serializers:
            self._by_type.setdefault(serializer.media_type.lower(), serializer)
        self.media_types = tuple(self._by_type)
        self.accepted: set[str | None] = {None, _JSON, "*/*"}
        self.accepted_bytes: set[bytes | None] = {None, _JSON.encode(), b"*/*"}
        for serializer in serializers:
            self._add_aliases(serializer, serializer.aliases)

    def remember_json(self, accept: str) -> None:
        """Note an `Accept` header that wants JSON, unless enough are known or it is long."""
        if len(self.accepted) < _MAX_REMEMBERED and len(accept) <= _MAX_REMEMBERED_SIZE:
            self.accepted.add(accept)
            self.accepted_bytes.add(accept.encode("latin-1", "replace"))

    def choose(self, accept: str | None) -> Serializer:
        """
        Choose the format of an answer by its request's `Accept` header.

        Raises:
            NotAcceptableError: If the client likes none; it carries those on offer.
        """
        media_type = negotiate(accept, self.media_types)
        if media_type is None:
            raise NotAcceptableError(self.media_types)
        return self._by_type[media_type]

    def find(self, content_type: str | None) -> Serializer:
        """
        Find the format of a body by its `Content-Type` header.

        Raises:
            UnsupportedMediaTypeError: If nothing reads it, or there is none; it carries what is read.
            BadRequestError: If the header is malformed.
        """
        if content_type is None:
            # APPSEC: docs/security.md, row 67: guessing would let a form of another site post JSON without a preflight.
            raise UnsupportedMediaTypeError(self.media_types, "The body has no Content-Type.")
        # What most programs send needs no reading.
        exact = self._by_type.get(content_type)
        if exact is not None:
            return exact
        media_type, parameters = parse_media_type(content_type)
        serializer = self._by_type.get(media_type)
        if serializer is None and "+" in media_type:
            main, _, sub = media_type.partition("/")
            serializer = self._by_suffix.get(f"{main}/+{sub.rpartition('+')[2]}")
        if serializer is None:
            raise UnsupportedMediaTypeError(self.media_types)
        charset = parameters.get("charset", "utf-8").lower()
        if serializer.supports_feature("text") and charset not in _UTF_8:
            raise UnsupportedMediaTypeError(self.media_types, "The character set must be UTF-8.")
        return serializer

    def _add_aliases(self, serializer: Serializer, aliases: Iterable[str]) -> None:
        for alias in aliases:
            main, _, sub = alias.lower().partition("/")
            if sub.startswith("*+"):
                self._by_suffix.setdefault(f"{main}/{sub[1:]}", serializer)
            else:
                self._by_type.setdefault(f"{main}/{sub}", serializer)


def _check_media_type(text: str, *, suffix_allowed: bool) -> None:
    try:
        media_type, parameters = parse_media_type(text)
    except BadRequestError as exc:
        raise ConfigurationError(f"{text!r} is not a media type.") from exc
    main, _, sub = media_type.partition("/")
    pattern = sub[2:] if suffix_allowed and sub.startswith("*+") else sub
    if parameters or not pattern or "*" in main or "*" in pattern:
        raise ConfigurationError(
            f"{text!r} is not a media type that a serializer can have.",
            hint="Write 'type/subtype' without parameters; an alias may also be 'type/*+suffix'.",
        )
