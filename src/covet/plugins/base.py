"""
`Plugin`: what extends an application, and what is true of it before any application knows it.

A class is checked where it is defined: a name, a version or a dependency that cannot be is an error there, in
the file of whoever wrote it, and not at the start of whoever uses it.
"""

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import is_dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from covet.checks import Check
from covet.plugins.errors import PluginDefinitionError
from covet.plugins.versions import Requirement, VersionError, parse_version

if TYPE_CHECKING:
    from covet.app import CovetPy

HealthCheck = Callable[[], Awaitable[bool | None]]

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_PLAIN_HOOKS: Final = ("init_app", "validate_config", "commands", "health_checks", "checks")
_ASYNC_HOOKS: Final = ("on_startup", "on_shutdown")
# Beside them a plugin has attributes of its own: only what is hardly anything else is a mistake.
_NEAR: Final = 0.86


class Plugin(ABC):
    """
    The base of plugins: override `init_app`, and of the other hooks what is needed.

    The order of a life: the class is checked when it is defined; `config` is bound and `validate_config` called;
    `init_app`, once; `on_startup` with each start of the application and `on_shutdown` with each stop, if it started.

    Args:
        config: Its configuration: a mapping, whose values win over those of `[plugins.<name>]` in the settings,
            or an object of its `Config`, which is taken as it is.

    Attributes:
        name: What it is called, in lower case with underscores.
        version: Its version, such as `"1.2.0"`.
        description: What it is for, in a sentence.
        author: Who made it.
        dependencies: The names of the plugins that it needs, each with versions if need be: `"database>=1,<2"`.
        required: Without it the application does not start; otherwise it runs without it, and says so.
        startup_timeout: Seconds that `on_startup` may take; `None` for no limit.
        shutdown_timeout: Seconds that `on_shutdown` may take; `None` for no limit.
        Config: A dataclass; the plugin's settings are bound to it.
        requirements: What `dependencies` says, parsed.
        config: The configuration: an object of `Config`, or a mapping if there is no such class.
        app: The application, from `init_app` on.

    Example:
        >>> class HelloPlugin(Plugin):
        ...     name = "hello"
        ...     version = "1.0.0"
        ...
        ...     def init_app(self, app):
        ...         @app.get("/hello")
        ...         async def hello() -> str:
        ...             return self.get_config_value("greeting", "Hello!")
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> async with TestClient(CovetPy(plugins=[HelloPlugin({"greeting": "Hi!"})])) as client:
        ...     response = await client.get("/hello")
        >>> response.text
        'Hi!'
        >>> class BadPlugin(Plugin):
        ...     name = "Bad-Plugin"
        ...     version = "1.0.0"
        ...
        ...     def init_app(self, app): ...
        Traceback (most recent call last):
            ...
        covet.plugins.errors.PluginDefinitionError: BadPlugin.name is 'Bad-Plugin', which is no name of a plugin.
          Write it in lower case with underscores: 'bad_plugin'.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    description: ClassVar[str] = ""
    author: ClassVar[str] = ""
    dependencies: ClassVar[Sequence[str]] = ()
    required: ClassVar[bool] = True
    startup_timeout: ClassVar[float | None] = 30.0
    shutdown_timeout: ClassVar[float | None] = 10.0
    Config: ClassVar[type[Any] | None] = None  # Any: a dataclass of the plugin's own
    requirements: ClassVar[tuple[Requirement, ...]] = ()

    # Any: an object of the plugin's own `Config`; a subclass that says `config: Config` has it checked.
    config: Any = MappingProxyType({})
    app: "CovetPy | None" = None

    def __init_subclass__(cls) -> None:
        """Check what the class says about itself."""
        super().__init_subclass__()
        # What leaves init_app abstract is a base for others, and may leave its name to them.
        is_base = getattr(cls.init_app, "__isabstractmethod__", False)
        for attribute, check in (("name", check_plugin_name), ("version", _check_version)):
            if hasattr(cls, attribute):
                check(cls, getattr(cls, attribute))
            elif not is_base:
                example = "hello" if attribute == "name" else "1.0.0"
                raise PluginDefinitionError(
                    f"{cls.__name__} has no {attribute}.",
                    hint=f"Write {attribute} = {example!r} in the class, or leave init_app abstract if it is a base.",
                )
        _refuse_misnamed(cls)
        cls.requirements = _read_requirements(cls)
        # A tuple: a list on the class would be shared by everything that derives from it.
        cls.dependencies = tuple(cls.dependencies)
        _check_options(cls)
        _check_hooks(cls)

    def __init__(self, config: object | None = None) -> None:
        kind = type(self).Config
        if config is not None and not isinstance(config, Mapping) and (kind is None or not isinstance(config, kind)):
            wanted = "a mapping" if kind is None else f"a mapping or a {kind.__qualname__}"
            # What it holds may be secret.
            raise PluginDefinitionError(
                f"The config of {type(self).__name__} must be {wanted}, got a value of type {type(config).__name__}.",
                plugin=self.name,
            )
        if isinstance(config, Mapping):
            # Loaded here: most plugins are given nothing.
            from covet.config.tables import FrozenTable

            self.config = FrozenTable(config)
        elif config is not None:
            self.config = config

    @abstractmethod
    def init_app(self, app: "CovetPy") -> None:
        """
        Contribute to the application: routes, middleware, registrations, handlers of events; called once.

        Args:
            app: The application; it has not started yet.
        """

    # Not abstract: most plugins have nothing to say to the following.

    def validate_config(self) -> None:  # noqa: B027
        """
        Refuse a configuration that cannot work, before `init_app`.

        Raises:
            ConfigurationError: If it cannot; say what to write instead.
        """

    async def on_startup(self) -> None:  # noqa: B027
        """Open what the plugin needs while the application runs; if it raises, it has to close that itself."""

    async def on_shutdown(self) -> None:  # noqa: B027
        """Close what `on_startup` opened; called only if that came to its end."""

    def commands(self) -> Mapping[str, object]:
        """
        Name the commands that it adds to `covet`, when somebody asks for them.

        Returns:
            By name: click commands, or `"package.module:attribute"` of one, imported when it is called.
        """
        return {}

    def health_checks(self) -> Mapping[str, HealthCheck]:
        """
        Name the checks of its health.

        Returns:
            By name: coroutine functions without parameters; one that raises, or returns false, is not healthy.
        """
        return {}

    def checks(self) -> Sequence[Check]:
        """
        Name what `covet check` looks at before the application starts, when somebody asks for it.

        Returns:
            The checks; what they find with takes nothing, and nothing of the plugin has been started.
        """
        return ()

    # Any: values of settings have every type.
    def get_config_value(self, key: str, default: Any = None) -> Any:
        """Return a value of the configuration, or the default if there is none."""
        if isinstance(self.config, Mapping):
            return self.config.get(key, default)
        return getattr(self.config, key, default)


def check_plugin_name(cls: type[Plugin], name: object) -> None:
    """
    Refuse what is no name of a plugin.

    Raises:
        PluginDefinitionError: If it is none; the text suggests one.
    """
    if isinstance(name, str) and _NAME.fullmatch(name):
        return
    words = "_".join(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", str(name)).lower()))
    better = f": {words!r}." if _NAME.fullmatch(words) else "."
    raise PluginDefinitionError(
        f"{cls.__name__}.name is {name!r}, which is no name of a plugin.",
        hint=f"Write it in lower case with underscores{better}",
    )


def _check_version(cls: type[Plugin], version: object) -> None:
    try:
        # What is no text is no version either.
        parse_version(version)  # type: ignore[arg-type]
    except VersionError as exc:
        raise PluginDefinitionError(
            f"{cls.__name__}.version is {version!r}, which is no version.",
            plugin=getattr(cls, "name", None),
            hint=exc.hint,
        ) from exc


def _read_requirements(cls: type[Plugin]) -> tuple[Requirement, ...]:
    if isinstance(cls.dependencies, str) or not isinstance(cls.dependencies, list | tuple):
        raise PluginDefinitionError(
            f"{cls.__name__}.dependencies must be a list of names, got {cls.dependencies!r}.",
            plugin=getattr(cls, "name", None),
            hint="Write dependencies = ['database>=1,<2'].",
        )
    found: dict[str, Requirement] = {}
    for text in cls.dependencies:
        problem, hint = "", None
        try:
            requirement = Requirement.parse(text)
        except VersionError as exc:
            problem, hint = exc.message, exc.hint
        else:
            if not _NAME.fullmatch(requirement.name):
                problem, hint = f"{requirement.name!r} is no name of a plugin.", "Write its name, not its package's."
            elif requirement.name == getattr(cls, "name", None):
                problem, hint = "It needs itself.", "Leave it out."
            elif requirement.name in found:
                problem, hint = f"{requirement.name!r} stands there twice.", "Write all its versions in one: 'a>=1,<2'."
            else:
                found[requirement.name] = requirement
        if problem:
            raise PluginDefinitionError(
                f"{cls.__name__}.dependencies cannot be: {problem}", plugin=getattr(cls, "name", None), hint=hint
            )
    return tuple(found.values())


def _check_options(cls: type[Plugin]) -> None:
    name = getattr(cls, "name", None)
    if type(cls.required) is not bool:
        raise PluginDefinitionError(
            f"{cls.__name__}.required must be True or False, got {cls.required!r}.", plugin=name
        )
    for option in ("startup_timeout", "shutdown_timeout"):
        seconds = getattr(cls, option)
        if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0):
            raise PluginDefinitionError(
                f"{cls.__name__}.{option} must be seconds, more than 0, or None, got {seconds!r}.", plugin=name
            )
    if cls.Config is not None and not (isinstance(cls.Config, type) and is_dataclass(cls.Config)):
        raise PluginDefinitionError(
            f"{cls.__name__}.Config must be a dataclass, got {cls.Config!r}.",
            plugin=name,
            hint="Write @dataclass(frozen=True) above it.",
        )


def _check_hooks(cls: type[Plugin]) -> None:
    for hooks, is_async, hint in (
        (_PLAIN_HOOKS, False, "Write def: nothing runs yet. What has to wait belongs into on_startup."),
        (_ASYNC_HOOKS, True, "Write async def."),
    ):
        for hook in hooks:
            if inspect.iscoroutinefunction(getattr(cls, hook)) is not is_async:
                kind = "must be a coroutine function" if is_async else "cannot be a coroutine function"
                raise PluginDefinitionError(
                    f"{cls.__name__}.{hook} {kind}.", plugin=getattr(cls, "name", None), hint=hint
                )
            _check_parameters(cls, hook)


def _check_parameters(cls: type[Plugin], hook: str) -> None:
    function = inspect.getattr_static(cls, hook)
    if not inspect.isfunction(function):
        return
    wanted = ("self", "app") if hook == "init_app" else ("self",)
    try:
        inspect.signature(function).bind(*wanted)
    except TypeError as exc:
        raise PluginDefinitionError(
            f"{cls.__name__}.{hook} cannot be called: {exc}.",
            plugin=getattr(cls, "name", None),
            hint=f"Its parameters are ({', '.join(wanted)}).",
        ) from exc


def _refuse_misnamed(cls: type[Plugin]) -> None:
    """Refuse an attribute that was probably meant to be one of `Plugin`: nothing would ever read it."""
    own = [name for name in vars(cls) if not name.startswith("_") and not hasattr(Plugin, name)]
    known = [name for name in (*Plugin.__annotations__, *_PLAIN_HOOKS, *_ASYNC_HOOKS) if name not in vars(cls)]
    for name in own:
        # Several versions or apps are no mistaken one.
        if name in Plugin.__annotations__ or name.removesuffix("s") in Plugin.__annotations__:
            continue
        # Loaded here: most plugins have no other attributes.
        from difflib import get_close_matches

        if close := get_close_matches(name, known, n=1, cutoff=_NEAR):
            raise PluginDefinitionError(
                f"{cls.__name__}.{name} is nothing that a plugin has: nobody would read it.",
                plugin=getattr(cls, "name", None),
                hint=f"Did you mean {close[0]!r}? What is the plugin's own begins with an underscore: '_{name}'.",
            )
