"""
Providers without tokens of their own: the contract's methods say what to use instead.
"""

from covet.auth.errors import AuthenticationSetupError
from covet.auth.principal import Principal
from covet.auth.provider import AuthProvider


class TokenlessProvider(AuthProvider):
    """
    A provider whose credentials are no tokens: no token is good, and none is made.

    Attributes:
        hint: What to do instead of making a token.
    """

    hint: str = "Use JWTAuthProvider or APIKeyAuthProvider for tokens."

    async def validate_token(self, token: str) -> Principal | None:  # noqa: ARG002 - the contract's
        """Say that no token is good."""
        return None

    async def create_token(self, user: Principal) -> str:  # noqa: ARG002
        """
        Say what to do instead.

        Raises:
            AuthenticationSetupError: Always.
        """
        raise AuthenticationSetupError(f"{type(self).__name__} makes no tokens.", hint=self.hint)

    async def revoke_token(self, token: str) -> None:
        """Leave a token at being good for nothing: none of these ever was."""
