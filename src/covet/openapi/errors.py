"""
What goes wrong with a description.
"""

from covet.exceptions import RouteError


class OpenAPIError(RouteError):
    """
    A declaration cannot stand in an OpenAPI document; found when the application starts.

    Example:
        >>> print(OpenAPIError("Its operation_id 'show' is taken.", route="GET /users", hint="Choose another."))
        GET /users: Its operation_id 'show' is taken.
          Choose another.
    """
