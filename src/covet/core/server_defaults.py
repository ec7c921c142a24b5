"""
What settings say of how an application is served, in the words of `run()`.
"""

from typing import Any, Final

from covet.config import Settings

_NOT_THE_SERVERS: Final = frozenset({"body_limit"})


# Any: the options of a server, each of its own type; the server checks them.
def read_server_defaults(settings: Settings) -> dict[str, Any]:
    """
    Read the options of `run()`: the section `server`, and how to log.

    Args:
        settings: The settings; a section of one's own may have further options of `run()`.

    Example:
        >>> from covet.config import Sources
        >>> settings = Settings(server={"port": 9000}, logging={"level": "error"}, sources=Sources.none())
        >>> defaults = read_server_defaults(settings)
        >>> defaults["port"], defaults["log_level"]
        (9000, 'error')
    """
    options = {name: value for name, value in vars(settings.server).items() if name not in _NOT_THE_SERVERS}
    return {**options, "log_level": settings.logging.level, "log_format": settings.logging.format}
