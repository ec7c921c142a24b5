"""
The keys of an application, as its settings have the secrets.

It is imported by whoever needs keys: settings alone do without what signs.
"""

from covet.config.names import DEFAULT_PREFIX
from covet.config.settings import Settings
from covet.config.sources import Sources
from covet.exceptions import ConfigurationError
from covet.security.key_ring import MIN_SECRET_BYTES, KeyRing

__all__ = ["describe_secret", "make_key_ring"]


def make_key_ring(settings: Settings, *, needed_for: str) -> KeyRing:
    """
    Make the key ring of `security.secret_key` and `security.secret_key_fallbacks`.

    Outside of development and testing the settings have refused weak secrets already; within, a short one will do.

    Args:
        settings: The settings.
        needed_for: What needs it, named in the error.

    Raises:
        ConfigurationError: If there is no secret key, or it is one of the keys before it.

    Example:
        >>> from covet.config import Sources
        >>> settings = Settings(security={"secret_key": "k" * 32}, sources=Sources.none())
        >>> make_key_ring(settings, needed_for="sessions")
        KeyRing(<1 secret>)
        >>> make_key_ring(Settings(sources=Sources.none()), needed_for="sessions")
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: 'security.secret_key' is missing, and sessions cannot do without it.
          Make one with: covet secret, and set COVET_SECURITY_SECRET_KEY to it
    """
    security = settings.security
    # An empty one is what a variable without a value sets.
    if not security.secret_key:
        raise ConfigurationError(
            f"'security.secret_key' is missing, and {needed_for} cannot do without it.",
            hint=describe_secret(settings.sources, "security.secret_key"),
        )
    min_bytes = 1 if settings.environment.is_lenient else MIN_SECRET_BYTES
    return KeyRing(security.secret_key, *security.secret_key_fallbacks, min_bytes=min_bytes)


def describe_secret(sources: Sources, setting: str) -> str:
    """
    Say what makes a secret, and where it goes so that it is read.

    Args:
        sources: Where the settings come from.
        setting: What the secret is: `"security.secret_key"`, or another.

    Example:
        >>> describe_secret(Sources(file="/etc/shop/config.toml", env_prefix="SHOP_"), "security.jwt_secret_key")
        'Make one with: covet secret --env --env-prefix SHOP_ --setting security.jwt_secret_key >> /etc/shop/.env'
    """
    if sources.dotenv is None:
        variable = f"{sources.env_prefix}{setting.replace('.', '_')}".upper()
        return f"Make one with: covet secret, and set {variable} to it"
    prefix = "" if sources.env_prefix == DEFAULT_PREFIX else f" --env-prefix {sources.env_prefix}"
    named = "" if setting == "security.secret_key" else f" --setting {setting}"
    # It is looked for beside the configuration file, which may stand elsewhere than whoever types this.
    return f"Make one with: covet secret --env{prefix}{named} >> {sources.root / sources.dotenv}"
