"""
The limits that settings put on what requests bring, in the words of those who keep them.
"""

from typing import TYPE_CHECKING

from covet.config import LimitSettings, Settings
from covet.http.body import BodyLimits

if TYPE_CHECKING:
    from covet.http.form_limits import FormLimits

_PREFIX = "form_"


def read_body_limits(settings: Settings) -> BodyLimits:
    """
    Read how large a body may be, and how slow.

    Args:
        settings: The settings.

    Example:
        >>> from covet.config import Sources
        >>> read_body_limits(Settings(server={"body_limit": "2KiB"}, sources=Sources.none()))
        BodyLimits(max_size=2048, grace=5.0, min_rate=240)
    """
    limits = settings.limits
    return BodyLimits(settings.server.body_limit, limits.body_grace, limits.body_min_rate)


def read_form_limits(settings: Settings) -> "FormLimits | None":
    """
    Read how much a form may bring; `None` if that is what it may anyhow.

    Args:
        settings: The settings.

    Example:
        >>> from covet.config import Sources
        >>> limits = read_form_limits(Settings(limits={"form_max_files": 3}, sources=Sources.none()))
        >>> limits.max_files, limits.max_fields
        (3, 1000)
    """
    names = [name for name in LimitSettings.__annotations__ if name.startswith(_PREFIX)]
    given = {name.removeprefix(_PREFIX): getattr(settings.limits, name) for name in names}
    if given == {name.removeprefix(_PREFIX): getattr(LimitSettings, name) for name in names}:
        # The module is loaded with the first form, unless there is something to say.
        return None
    from covet.http.form_limits import FormLimits

    return FormLimits(**given)


__all__ = ["read_body_limits", "read_form_limits"]
