"""
Hold what the stacks of a service in production have in common, whatever they are written with.
"""

HOST = "example.com"
PROXY = "127.0.0.1"
PARTNER = "https://partner.example.com"
SECRET = "a secret of the benchmarks alone, 32 bytes"
REQUEST_LIMIT = 1_000_000_000  # high enough that a benchmark never meets it
WINDOW = 60
