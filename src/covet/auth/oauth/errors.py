"""
What goes wrong when somebody logs in with another service. No text here holds what that service said.

::

    BadRequestError
    └── OAuthLoginError               400  the way back does not fit the way there, or its token is not good;
                                      403  whoever was asked has refused
    ServiceUnavailableError
    └── OAuthUnavailableError         503  the provider does not answer
    HTTPError
    └── OAuthAnswerError              502  it answers what nobody can use
"""

from covet.exceptions import BadRequestError, HTTPError, ServiceUnavailableError


class OAuthLoginError(BadRequestError):
    """
    400: a login with another service came to no good end; 403 if it was refused there.

    Attributes:
        provider: The name of the provider.
        reason: What was wrong, in words of this application: for the log and for those who audit.

    Example:
        >>> error = OAuthLoginError("google", "The state is not known.")
        >>> error.status_code, str(error), error.reason
        (400, 'The login could not be completed. Begin it again.', 'The state is not known.')
    """

    def __init__(self, provider: str, reason: str, *, is_refused: bool = False) -> None:
        detail = "The login was refused." if is_refused else "The login could not be completed. Begin it again."
        super().__init__(detail, status_code=403 if is_refused else 400)
        self.provider = provider
        self.reason = reason


class OAuthUnavailableError(ServiceUnavailableError):
    """
    503: the provider does not answer.

    Example:
        >>> print(OAuthUnavailableError())
        The login service is not to be had at the moment.
    """

    def __init__(self) -> None:
        super().__init__("The login service is not to be had at the moment.")


class OAuthAnswerError(HTTPError):
    """
    502: the provider answers what nobody can use.

    Attributes:
        reason: What is wrong with it, in words of this application.

    Example:
        >>> error = OAuthAnswerError("It is a redirect.")
        >>> error.status_code, str(error)
        (502, 'The login service gave an answer that cannot be used.')
    """

    status_code = 502

    def __init__(self, reason: str) -> None:
        super().__init__("The login service gave an answer that cannot be used.")
        self.reason = reason


class GrantRefusedError(Exception):
    """
    The token endpoint refused a code or a refresh token; it never leaves this package.

    Attributes:
        code: The error code, one of RFC 6749 §5.2, or `"unknown"`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
