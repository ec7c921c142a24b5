"""
The plugin: what an application has to know of this package.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from covet import CovetPy, Request, Response
from covet.exceptions import ConfigurationError
from covet.middleware import Middleware
from covet.plugins import HealthCheck, Plugin


@dataclass(frozen=True, kw_only=True)
class GreetingConfig:
    """
    What the plugin can be told, under [plugins.greeting].
    """

    word: str = "Hello"
    path: str = "/greet/{name}"


class GreetingHeader(Middleware):
    """
    Greets on every response.
    """

    def __init__(self, word: str) -> None:
        self._word = word

    def process_response(self, request: Request, response: Response) -> Response:  # noqa: ARG002
        response.headers["x-greeting"] = self._word
        return response


class GreetingPlugin(Plugin):
    """
    Greets whoever asks.
    """

    name = "greeting"
    version = "1.0.0"
    description = "Greets whoever asks."
    author = "You"
    # Without it the application has nothing to say, and runs all the same.
    required = False
    Config = GreetingConfig
    config: GreetingConfig

    is_open = False

    def validate_config(self) -> None:
        if "{name}" not in self.config.path:
            raise ConfigurationError(
                f"plugins.greeting.path must contain '{{name}}', got {self.config.path!r}.",
                hint="Write path = '/greet/{name}'.",
            )

    def init_app(self, app: CovetPy) -> None:
        app.add_middleware(GreetingHeader(self.config.word))
        app.get(self.config.path)(self.greet)

    async def greet(self, name: str) -> dict[str, str]:
        return {"greeting": f"{self.config.word}, {name}!"}

    async def on_startup(self) -> None:
        # Here a real plugin opens its connections; if that fails it closes what it has opened so far.
        self.is_open = True

    async def on_shutdown(self) -> None:
        self.is_open = False

    def health_checks(self) -> Mapping[str, HealthCheck]:
        return {"greeting": self.is_healthy}

    async def is_healthy(self) -> bool:
        return self.is_open

    def commands(self) -> Mapping[str, object]:
        # A text: click, and whatever the command needs, is imported when somebody calls it.
        return {"greet": "covet_greeting.commands:greet"}
