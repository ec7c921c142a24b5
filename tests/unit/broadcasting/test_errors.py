"""
The errors of broadcasting stand below one class, and say what to do.
"""

import pytest

from covet.broadcasting.errors import (
    BroadcasterClosedError,
    BroadcastError,
    SlowSubscriberError,
    TooManyChannelsError,
)
from covet.exceptions import CovetError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SlowSubscriberError(64), "The subscriber was too slow: more than 64 messages waited for it."),
        (TooManyChannelsError(3), "A subscriber listens to at most 3 channels; leave one, or raise max_channels."),
        (BroadcasterClosedError(), "The broadcaster is closed."),
    ],
)
def test_errors_keep_their_data_and_say_it(error: BroadcastError, text: str) -> None:
    """
    The text is built of what the error carries.
    """
    assert str(error) == text
    assert isinstance(error, CovetError)
