"""
Secrets, each for one place; no two have a word in common, and each could be a key.
"""

from hashlib import sha256

PLACES = (
    # What the settings have.
    "secret key", "old secret key", "jwt secret key", "database password", "cache password", "session store query",
    "plugin password", "plugin api key", "own section", "own secret", "plugin given in code",
    # What requests have.
    "basic password", "bearer token", "unknown scheme", "proxy credentials", "api key", "jwt", "cookie",
    "session cookie", "csrf token", "own header", "query token", "query key", "reset token", "signature", "referer",
    "websocket token",
    "json password", "json of a wrong type", "malformed json", "form password", "multipart field", "file content",
    "login password",
    # What the application makes of them.
    "session value", "request state", "principal claim", "error text", "error note", "error cause", "dependency error",
    "task error", "event field", "event error", "default", "di keyword", "partial", "startup error",
)  # fmt: skip

CANARIES = {place: f"canary{number:02}{sha256(place.encode()).hexdigest()[:34]}" for number, place in enumerate(PLACES)}
