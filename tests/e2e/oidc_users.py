"""
Whom and which clients the provider of the tests knows.
"""

from typing import Any

SECRET = "9vQ2mXr7LkT4wZp1:%/+ ü"

# Their secrets; a public client has none.
CLIENTS = {"shop": SECRET, "phone": ""}

USERS: dict[str, dict[str, Any]] = {
    "ada": {"sub": "u-1", "name": "Ada", "email": "ada@example.com", "email_verified": True, "groups": ["clerks"]},
    "grace": {"sub": "u-2", "name": "Grace", "email": "grace@example.com", "email_verified": False, "groups": []},
}
