"""
JSON Web Tokens behind the word `Token`, as the specification has it, in the place of `Bearer`.

What is revoked is in a file that all workers of a machine share; for several machines there is `RedisRevocations`.
"""

from datetime import timedelta

from covet.auth import JWTAuthProvider, Principal, SecurityScheme, SQLiteRevocations
from examples.conduit.models import User


class Tokens(JWTAuthProvider):
    def __init__(self) -> None:
        super().__init__(access_lifetime=timedelta(days=7), store=SQLiteRevocations("conduit-tokens.db"))
        self.scheme = SecurityScheme("token", "Token", {"type": "apiKey", "in": "header", "name": "Authorization"})

    async def create_for(self, user: User) -> str:
        return await self.create_token(Principal(str(user.id)))
