"""
What compresses and inflates: gzip of the standard library, brotli and zstd of the extra `compress`.
"""

import sys
import zlib
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, Final, Protocol

from covet._extras import find_extra, require_extra
from covet.exceptions import BadRequestError, ConfigurationError, suggest

_ZSTD_MODULE: Final = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
# The module that each coding needs, the preferred coding first; gzip needs none.
_MODULES: Final[dict[str, str | None]] = {"zstd": _ZSTD_MODULE, "br": "brotli", "gzip": None}
_LIBRARIES: Final = {"zstd": "backports-zstd", "br": "brotli"}
# APPSEC: 2 to this power, 8 MiB, is the largest window of zstd in HTTP (RFC 9659); who asks for more memory is refused.
_ZSTD_WINDOW: Final = 23
# Bytes that a library is given at once: at the beginning of a member, which may be a small one, and later.
_SHORTEST: Final = 1024
_LONGEST: Final = 64 * 1024
# Members of a body, whatever its size, and bytes that allow for a further one.
_MEMBERS: Final = 64
_SIZE_PER_MEMBER: Final = 1024
# zlib: a gzip wrapper around the largest window.
_GZIP: Final = 31


class Compressor(Protocol):
    """One body on its way out."""

    def compress(self, data: bytes) -> bytes:
        """Take a piece and give all that is known of it, so that the client can read it at once."""
        ...

    def finish(self, data: bytes = b"") -> bytes:
        """Take the last piece and give the rest."""
        ...


class _GzipCompressor:
    def __init__(self, level: int) -> None:
        self._inner = zlib.compressobj(level, zlib.DEFLATED, _GZIP)

    def compress(self, data: bytes) -> bytes:
        return self._inner.compress(data) + self._inner.flush(zlib.Z_SYNC_FLUSH)

    def finish(self, data: bytes = b"") -> bytes:
        return self._inner.compress(data) + self._inner.flush()


class _BrotliCompressor:
    def __init__(self, module: Any, level: int) -> None:  # Any: the library
        self._inner = module.Compressor(quality=level)

    def compress(self, data: bytes) -> bytes:
        compressed: bytes = self._inner.process(data) + self._inner.flush()
        return compressed

    def finish(self, data: bytes = b"") -> bytes:
        compressed: bytes = (self._inner.process(data) if data else b"") + self._inner.finish()
        return compressed


class _ZstdCompressor:
    def __init__(self, module: Any, level: int) -> None:  # Any: the library
        self._inner = module.ZstdCompressor(level)

    def compress(self, data: bytes) -> bytes:
        compressed: bytes = self._inner.compress(data, self._inner.FLUSH_BLOCK)
        return compressed

    def finish(self, data: bytes = b"") -> bytes:
        compressed: bytes = self._inner.compress(data, self._inner.FLUSH_FRAME)
        return compressed


def find_codings() -> tuple[str, ...]:
    """
    List the codings whose libraries are installed, the preferred one first.

    Example:
        >>> find_codings()[-1]
        'gzip'
    """
    return tuple(coding for coding, module in _MODULES.items() if module is None or find_extra(module) is not None)


def check_codings(codings: Sequence[str], *, needed_for: str) -> tuple[str, ...]:
    """
    Return codings if each is known and its library installed.

    Args:
        codings: The codings.
        needed_for: What needs them, for the text of the error.

    Raises:
        ConfigurationError: If one is unknown, or there is none.
        MissingDependencyError: If a library is not installed.
    """
    if isinstance(codings, str) or not codings:
        raise ConfigurationError(f"codings must be a list of codings, got {codings!r}.", hint='Write ["gzip"].')
    for coding in codings:
        if coding not in _MODULES:
            raise ConfigurationError(f"There is no coding {coding!r}.", hint=suggest(str(coding), _MODULES))
        _load(coding, needed_for)
    return tuple(dict.fromkeys(codings))


def make_compressor_factory(coding: str, level: int) -> Callable[[], Compressor]:
    """
    Make what makes a compressor for each body.

    Args:
        coding: A coding that `check_codings` let pass.
        level: How hard it tries.

    Example:
        >>> compressor = make_compressor_factory("gzip", 6)()
        >>> zlib.decompress(compressor.compress(b"tea, ") + compressor.finish(b"tea"), 31)
        b'tea, tea'
    """
    module = _load(coding, "compression")
    if coding == "gzip":
        return lambda: _GzipCompressor(level)
    if coding == "br":
        return lambda: _BrotliCompressor(module, level)
    return lambda: _ZstdCompressor(module, level)


def make_inflater(coding: str) -> "Inflater":
    """
    Make what inflates one body.

    Args:
        coding: A coding that `check_codings` let pass.
    """
    if coding == "gzip":
        return _GzipInflater()
    module = _load(coding, "decompression")
    return _BrotliInflater(module) if coding == "br" else _ZstdInflater(module)


class Inflater(Protocol):
    """One body on its way in, a bounded piece at a time."""

    def inflate(self, data: bytes, size: int) -> bytes:
        """
        Give at most about `size` bytes more; nothing, once there is nothing more to give.

        Raises:
            ValueError: If the data is not what the coding makes.
            BadRequestError: If it has more members, one after the other, than a body of its size has.
        """
        ...

    @property
    def is_complete(self) -> bool:
        """Whether the end of the body was seen, and nothing but whole ones follow it."""
        ...


class _Source:
    """
    What is to be inflated, a slice at a time.

    The libraries copy what they do not use of what they are given: all of the rest each time would be quadratic.
    """

    __slots__ = ("_at", "_data", "_members", "_step")

    def __init__(self) -> None:
        self._data = memoryview(b"")
        self._at = 0
        self._step = _SHORTEST
        # APPSEC: docs/security.md, row 72: each costs the same, however little it holds.
        self._members = _MEMBERS

    @property
    def is_empty(self) -> bool:
        return self._at >= len(self._data)

    def put(self, data: bytes) -> None:
        """Take what came; nothing is no news."""
        if data:
            self._members += len(data) // _SIZE_PER_MEMBER
            self._data = memoryview(data if self.is_empty else bytes(self._data[self._at :]) + data)
            self._at = 0

    def take(self) -> memoryview:
        """Give the next slice, which is empty if there is none."""
        piece = self._data[self._at : self._at + self._step]
        self._at += len(piece)
        self._step = min(self._step * 2, _LONGEST)
        return piece

    def give_back(self, size: int) -> None:
        """Take back what was not used of the latest slice."""
        self._at -= size

    def begin_member(self) -> None:
        """
        Begin another one, which may be a small one.

        Raises:
            BadRequestError: If there are too many.
        """
        self._members -= 1
        if not self._members:
            raise BadRequestError("The compressed body has too many members.")
        self._step = _SHORTEST


class _GzipInflater:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(_GZIP)
        self._source = _Source()

    def inflate(self, data: bytes, size: int) -> bytes:
        source = self._source
        source.put(data)
        while True:
            if self._inner.eof:
                if source.is_empty:
                    return b""
                # RFC 1952 §2.2: members may follow each other.
                source.begin_member()
                self._inner = zlib.decompressobj(_GZIP)
            piece = source.take()
            try:
                made = self._inner.decompress(piece, size)
            except zlib.error as exc:
                raise ValueError("The body is no gzip.") from exc
            source.give_back(len(self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail))
            if made or not (piece or self._inner.eof):
                return made

    @property
    def is_complete(self) -> bool:
        return self._inner.eof and self._source.is_empty


class _BrotliInflater:
    def __init__(self, module: Any) -> None:  # Any: the library
        self._module = module
        self._inner = module.Decompressor()
        self._source = _Source()

    def inflate(self, data: bytes, size: int) -> bytes:
        source = self._source
        source.put(data)
        while not self._inner.is_finished():
            # What it has not used yet it keeps, and takes no more until then.
            piece = source.take() if self._inner.can_accept_more_data() else b""
            try:
                made: bytes = self._inner.process(piece, output_buffer_limit=size)
            except self._module.error as exc:
                raise ValueError("The body is no brotli.") from exc
            # A library that kept something may give nothing of it, and only then take more.
            if made or (source.is_empty and not piece):
                return made
        return b""

    @property
    def is_complete(self) -> bool:
        return bool(self._inner.is_finished()) and self._source.is_empty


class _ZstdInflater:
    def __init__(self, module: Any) -> None:  # Any: the library
        self._module = module
        self._options = {module.DecompressionParameter.window_log_max: _ZSTD_WINDOW}
        self._inner = module.ZstdDecompressor(options=self._options)
        self._source = _Source()

    def inflate(self, data: bytes, size: int) -> bytes:
        source = self._source
        source.put(data)
        while True:
            if self._inner.eof:
                if source.is_empty:
                    return b""
                # RFC 8878 §3.1: frames may follow each other, some of them to be skipped.
                source.begin_member()
                self._inner = self._module.ZstdDecompressor(options=self._options)
            # What it has not used yet it keeps, and wants no more until then.
            piece = source.take() if self._inner.needs_input else b""
            try:
                made: bytes = self._inner.decompress(piece, size)
            except self._module.ZstdError as exc:
                raise ValueError("The body is no zstd.") from exc
            if self._inner.eof:
                source.give_back(len(self._inner.unused_data))
            # As above.
            if made or (source.is_empty and not piece and not self._inner.eof):
                return made

    @property
    def is_complete(self) -> bool:
        return bool(self._inner.eof) and self._source.is_empty


def _load(coding: str, needed_for: str) -> ModuleType | None:
    module = _MODULES[coding]
    if module is None:
        return None
    return require_extra(module, extra="compress", needed_for=needed_for, library=_LIBRARIES[coding])
