"""
Who may: functions that guards ask, with the store injected.

They look at the account as it is now. A token or a key says what its owner was when it was made.
"""

from covet.auth import Principal
from examples.accounts.store import Accounts


async def is_active(principal: Principal, accounts: Accounts) -> bool:
    user = await accounts.find_by_id(str(principal.id))
    return user is not None and user.is_active


async def is_admin(principal: Principal, accounts: Accounts) -> bool:
    user = await accounts.find_by_id(str(principal.id))
    return user is not None and user.is_active and "admin" in user.roles
