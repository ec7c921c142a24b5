"""
Hold the applications that are measured: one module each, every one importable alone.

All of them answer the four cases of `benchmarks.cases` with the same content, each written the way its own
documentation recommends.
"""
