"""
Hold the body class of the applications that validate with msgspec.
"""

import msgspec


class Item(msgspec.Struct):
    """
    Describe the body of the post case.
    """

    name: str
    price: float
    quantity: int
    in_stock: bool
