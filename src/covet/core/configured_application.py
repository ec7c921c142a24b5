"""
An application with settings: what it does with them by itself, from its start to its stop.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from covet.core.application import CovetPyASGI
from covet.core.compiled_settings import CompiledSetting, check_form_limits
from covet.core.lifespan import Step
from covet.core.routing import TrailingSlash
from covet.exceptions import ConfigurationError
from covet.http.body import BodyLimits
from covet.types import UNSET, UnsetType

if TYPE_CHECKING:
    from covet.config import Settings
    from covet.core.settings_follower import SettingsFollower
    from covet.di import DependencyContainer
    from covet.http.form_limits import FormLimits


class ConfiguredApplication(CovetPyASGI):
    """
    Hold the settings of an application.

    Args:
        debug: Whether errors may show traces.
        trailing_slash: What becomes of a slash too many.
        settings: The settings, if it was given some.
        body_limit: The largest body in bytes, `None` for no limit; `UNSET` leaves it to the settings.
        form_limits: How much a form may bring; `None` leaves it to the settings.

    Raises:
        ConfigurationError: If the settings are none, or a limit is none.
    """

    form_limits = CompiledSetting["FormLimits | None"](check_form_limits)

    def __init__(
        self,
        *,
        debug: bool = False,
        trailing_slash: TrailingSlash = "redirect",
        settings: "Settings | None" = None,
        body_limit: int | UnsetType | None = UNSET,
        form_limits: "FormLimits | None" = None,
    ) -> None:
        super().__init__(debug=debug, trailing_slash=trailing_slash)
        self._given_settings = None if settings is None else check_settings(settings)
        # The container may be made after a change; what it offers must not depend on when.
        self._first_settings = self._given_settings
        self._default_settings: Settings | None = None
        self._follower: SettingsFollower | None = None
        self._adopters: list[Callable[[Settings], object]] = []
        self._limit(body_limit, form_limits)

    def _limit(self, body_limit: int | UnsetType | None, form_limits: "FormLimits | None") -> None:
        """Set the limits of bodies and forms: what was given, or else what the settings say."""
        if body_limit is not UNSET and body_limit is not None and (type(body_limit) is not int or body_limit < 0):
            raise ConfigurationError(f"body_limit must be a number of bytes or None, got {body_limit!r}.")
        if self._given_settings is not None:
            from covet.core.configured_limits import read_body_limits, read_form_limits

            self.body_limits = read_body_limits(self._given_settings)
            form_limits = read_form_limits(self._given_settings) if form_limits is None else form_limits
        if body_limit is not UNSET:
            self.body_limits = BodyLimits(body_limit, self.body_limits.grace, self.body_limits.min_rate)
        self.form_limits = form_limits

    @property
    def settings(self) -> "Settings":
        """
        The settings that it was given; the defaults if it was given none, and nothing is read for them.

        While they are watched, these are the latest: ask anew instead of keeping them.
        """
        if self._given_settings is not None:
            return self._given_settings
        if self._default_settings is None:
            from covet.config import Settings, Sources

            self._default_settings = Settings(debug=self.debug, sources=Sources.none())
        return self._default_settings

    @property
    def is_in_development(self) -> bool:
        """Whether nobody but its developers can reach it: it has `debug`, or says development or testing."""
        given = self._given_settings
        return self.debug or (given is not None and given.environment.is_lenient)

    # Any: the options of a server, each of its own type; the server checks them.
    @property
    def server_defaults(self) -> Mapping[str, Any]:
        """How it is served unless `run` is told otherwise: what its settings say; nothing if it was given none."""
        if self._given_settings is None:
            return {}
        from covet.core.server_defaults import read_server_defaults

        return read_server_defaults(self._given_settings)

    def watch_settings(self, interval: float = 1.0) -> None:
        """
        Follow the files of the settings while the application runs, in each of its workers.

        Values that are `Reloadable` are taken over: `app.settings` is then another object, and the log follows
        `logging`. What needs a restart is logged. Both are named in a `SettingsChangedEvent`. What is injected is the
        state at the start.

        Args:
            interval: Seconds between two looks at the files.

        Raises:
            ConfigurationError: If there are no settings to follow, they are followed already, the interval is negative
                or the application has begun to start.
        """
        if self._given_settings is None:
            raise ConfigurationError(
                "There are no settings to watch: the application was given none.",
                hint="Write CovetPy(settings=Settings()), or use create_app().",
            )
        if self._follower is not None:
            raise ConfigurationError("The settings are watched already.", hint="Call watch_settings once.")
        self.refuse_late("Watching the settings")
        from covet.core.settings_follower import SettingsFollower

        self._follower = SettingsFollower(
            self._given_settings, self._adopt, lambda: self._wiring.current, interval=interval
        )

    def call_with_settings(self, adopt: "Callable[[Settings], object]") -> None:
        """
        Call something with the settings whenever others are taken over.

        Args:
            adopt: Takes them over for itself; it must not raise.
        """
        self._adopters.append(adopt)

    def _adopt(self, settings: "Settings") -> None:
        if getattr(self.state, "settings", None) is self._given_settings:
            self.state.settings = settings
        self._given_settings = settings
        for adopt in self._adopters:
            adopt(settings)

    def _surround(self, steps: Sequence[Step]) -> list[Step]:
        """Put around the steps of a start what settings ask for: the log before all, watching after all."""
        if self._given_settings is None:
            return list(steps)
        from covet.config.known_secrets import find_known_secrets
        from covet.core.log_step import make_log_step

        further = [] if self._follower is None else [self._follower.make_step()]
        log_step = make_log_step(lambda: self.settings.logging, lambda: find_known_secrets(self.settings))
        return [log_step, *steps, *further]

    def _offer_settings(self, container: "DependencyContainer") -> None:
        """
        Offer the settings by each of their classes, and each of their sections by its own.

        Of several sections of one class the framework's own has it to itself; all others are told apart by their names.
        """
        from covet.config import Settings
        from covet.config.fields import Section

        settings = self._first_settings or self.settings
        for cls in type(settings).__mro__[:-1]:
            container.register_instance(cls, settings)
        # By the class of the settings and not by what is set: an optional section must not change what another is
        # found by.
        names: dict[type, list[str]] = {}
        for name, member in settings.read_shape().members.items():
            if isinstance(member, Section):
                names.setdefault(member.cls, []).append(name)
        own = Settings.read_shape().members
        for cls, alike in names.items():
            plain = alike[0] if len(alike) == 1 else next((name for name in alike if name in own), None)
            for name in alike:
                section = getattr(settings, name)
                if section is not None:
                    container.register_instance(cls, section, qualifier=None if name == plain else name)


def check_settings(settings: object) -> "Settings":
    """
    Return settings if they are some.

    Raises:
        ConfigurationError: If they are not.
    """
    from covet.config import Settings

    if isinstance(settings, Settings):
        return settings
    raise ConfigurationError(
        # What it holds may be secret: a mapping with a password, the URL of a database.
        f"settings must be a Settings, got a value of type {type(settings).__name__}.",
        hint="Write settings=Settings(debug=True), or create_app(debug=True).",
    )
