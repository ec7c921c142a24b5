"""
Traces that requests belong to.
"""

import os

import pytest

from covet.http.trace_context import begin_trace, read_trace_context

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


def test_a_trace_goes_on() -> None:
    """With a span of its own, and what is sent on names it."""
    context = read_trace_context(f"00-{TRACE}-{PARENT}-01")

    assert (context.trace_id, context.parent_id, context.is_sampled) == (TRACE, PARENT, True)
    assert context.span_id != PARENT
    assert context.traceparent == f"00-{TRACE}-{context.span_id}-01"


def test_a_later_version_may_say_more() -> None:
    """Only what is known of it is taken."""
    context = read_trace_context(f"cc-{TRACE}-{PARENT}-00-what-comes")

    assert (context.trace_id, context.parent_id, context.is_sampled) == (TRACE, PARENT, False)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE}-{PARENT}-01-more",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01\n",
        f"cc-{TRACE}-{PARENT}-01-{'x' * 600}",
        f"00-{TRACE}-{PARENT}-01, 00-{TRACE}-{PARENT}-01",
    ],
)
def test_what_is_malformed_begins_a_trace(header: str | None) -> None:
    """A random one, without anybody who asks."""
    one, other = read_trace_context(header), read_trace_context(header)

    assert one.trace_id != other.trace_id
    assert (one.parent_id, one.is_sampled) == (None, False)
    assert TRACE not in one.traceparent


def test_no_two_traces_are_the_same() -> None:
    """However many are drawn at once; and each id has the length that it must have."""
    traces = [begin_trace() for _ in range(1000)]

    assert len({trace.trace_id for trace in traces}) == len({trace.span_id for trace in traces}) == 1000
    assert {(len(trace.trace_id), len(trace.span_id)) for trace in traces} == {(32, 16)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_process_that_was_forked_begins_other_traces() -> None:
    """What was drawn before the fork is for one of both alone: two workers never say the same."""
    begin_trace()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, "".join(begin_trace().trace_id for _ in range(100)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)

    drawn = {text[start : start + 32] for start in range(0, len(text), 32)}
    assert len(drawn) == 100
    assert drawn.isdisjoint(begin_trace().trace_id for _ in range(100))
