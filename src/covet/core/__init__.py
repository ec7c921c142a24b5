"""
Dispatch: what matches a request, what runs for it, and the two adapters that carry it.
"""
