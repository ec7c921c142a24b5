"""
Pages for people in the place of problems for programs.
"""

import json

from covet import Request, Response
from covet.middleware import Middleware
from covet.templating import Templates


class ErrorPages(Middleware):
    """
    Whatever goes wrong, wherever: who asks for a page gets one.
    """

    # Inside of the security headers, whose nonce the page has; outside of all that refuses.
    priority = 45

    async def process_response(self, request: Request, response: Response) -> Response:
        if response.headers.get("content-type") != "application/problem+json":
            return response
        response.headers.add_vary("Accept")
        if "text/html" not in request.headers.get("accept", ""):
            return response
        # Retry-After, Allow and the like are for browsers, too.
        kept = [item for item in response.headers.multi_items() if item[0] not in {"content-type", "content-length"}]
        templates = await request.resolve(Templates)
        problem = json.loads(response.body)
        return await templates.render(
            request, "error.html", {"problem": problem}, status_code=response.status_code, headers=kept
        )
