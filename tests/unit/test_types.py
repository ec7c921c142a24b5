"""
The sentinel for "nothing was given".
"""

import copy
import pickle

from covet.types import UNSET, Unset


def test_unset_is_not_none_and_false() -> None:
    """UNSET is neither None nor true."""
    assert not UNSET
    assert UNSET is not None


def test_unset_names_itself() -> None:
    """A default of UNSET is readable in a signature."""
    assert repr(UNSET) == "UNSET"


def test_there_is_one_unset() -> None:
    """Copies and pickles of UNSET are UNSET, so that `is` can be trusted."""
    assert copy.deepcopy(UNSET) is UNSET
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET
    assert Unset("UNSET") is UNSET
