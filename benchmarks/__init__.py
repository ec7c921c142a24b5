"""
Measure CovetPy against the bare protocol and against its peers.

`python -m benchmarks` prints the tables; `docs/benchmarks.md` says how to read them. Nothing here is part of the
wheel and nothing here is a timed test: a time means little on a shared machine, so the measures are instructions
executed and CPU time as a ratio within one run.
"""
