"""
What compresses and inflates: gzip of the standard library, brotli and zstd of the extra `compress`.
"""

import sys
import zlib
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, Final, Protocol

from covet._extras import find_extra, require_extra
from covet.exceptions import ConfigurationError, suggest

_ZSTD_MODULE: Final = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
# The module that each coding needs, the preferred coding first; gzip needs none.
_MODULES: Final[dict[str, str | None]] = {"zstd": _ZSTD_MODULE, "br": "brotli", "gzip": None}
_LIBRARIES: Final = {"zstd": "backports-zstd", "br": "brotli"}
# APPSEC: 2 to this power, 8 MiB, is the largest window of zstd in HTTP (RFC 9659); who asks for more memory is refused.
_ZSTD_WINDOW: Final = 23
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
        """
        ...

    @property
    def is_complete(self) -> bool:
        """Whether the end of the body was seen, and nothing but whole ones follow it."""
        ...


class _GzipInflater:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(_GZIP)
        self._rest = b""

    def inflate(self, data: bytes, size: int) -> bytes:
        self._rest = data or self._rest
        while self._rest or self._inner.unconsumed_tail:
            if self._inner.eof:
                # RFC 1952 §2.2: members may follow each other.
                self._inner = zlib.decompressobj(_GZIP)
            try:
                made = self._inner.decompress(self._rest, size)
            except zlib.error as exc:
                raise ValueError("The body is no gzip.") from exc
            self._rest = self._inner.unused_data if self._inner.eof else self._inner.unconsumed_tail
            if made:
                return made
            if not self._inner.eof:
                break
        return b""

    @property
    def is_complete(self) -> bool:
        return self._inner.eof and not self._rest


class _BrotliInflater:
    def __init__(self, module: Any) -> None:  # Any: the library
        self._module = module
        self._inner = module.Decompressor()

    def inflate(self, data: bytes, size: int) -> bytes:
        try:
            made: bytes = self._inner.process(data, output_buffer_limit=size)
        except self._module.error as exc:
            raise ValueError("The body is no brotli.") from exc
        return made

    @property
    def is_complete(self) -> bool:
        return bool(self._inner.is_finished())


class _ZstdInflater:
    def __init__(self, module: Any) -> None:  # Any: the library
        self._module = module
        self._options = {module.DecompressionParameter.window_log_max: _ZSTD_WINDOW}
        self._inner = module.ZstdDecompressor(options=self._options)
        self._rest = b""

    def inflate(self, data: bytes, size: int) -> bytes:
        if self._inner.eof:
            self._rest = self._inner.unused_data or data
            if not self._rest:
                return b""
            self._inner = self._module.ZstdDecompressor(options=self._options)
            data = self._rest
            self._rest = b""
        try:
            made: bytes = self._inner.decompress(data, size)
        except self._module.ZstdError as exc:
            raise ValueError("The body is no zstd.") from exc
        return made

    @property
    def is_complete(self) -> bool:
        return bool(self._inner.eof and not self._inner.unused_data)


def _load(coding: str, needed_for: str) -> ModuleType | None:
    module = _MODULES[coding]
    if module is None:
        return None
    return require_extra(module, extra="compress", needed_for=needed_for, library=_LIBRARIES[coding])
