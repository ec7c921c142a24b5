"""
Show that a function's work grows in proportion to its input, without a clock that can be unlucky.

For every test of a row marked **[L]** in the security notes::

    from tests.linearity import assert_linear, assert_quick, work

    assert_linear(parse, lambda size: "a" * size, size=1_000)   # the check to use
    assert_quick(parse, largest_accepted_input)                 # nowhere near a quadratic one's time
    work(parse, text)                                           # executed opcodes: an exact integer

`work` counts the bytecode instructions that Python executes; the same call gives the same number on
any machine. It is blind to loops inside C (`str.replace`, `re`, a codec), so `assert_linear` also
compares the CPU time of this thread on inputs eight times apart: a quadratic function takes 64 times as
long there, a linear one 8, and the bound lies far from both. A bound that is passed is measured again:
what else a machine does can slow any run down, but no run of a quadratic function is ever quick.
"""

import gc
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
A = TypeVar("A")
TraceFunction = Callable[[FrameType, str, Any], Any]  # sys.settrace is typed so

MAX_OPCODE_GROWTH = 2.6
"""How much more work twice the input may take."""

MAX_CPU_GROWTH = 26.0
"""How much more CPU eight times the input may take: linear is 8, quadratic 64."""

MAX_CPU_SECONDS = 0.25
"""How much CPU a quick call may take: five times the longest that an event loop may be blocked."""

_NOT_WORTH_COMPARING = 0.002
_ROUNDS = 5
# What `_count` takes on a quiet machine of the kind that the limit was meant for.
_QUIET_COUNT = 0.003


def work(func: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> int:
    """
    Count the bytecode instructions that a call executes, whether it returns or raises.
    """
    executed = 0

    def trace(frame: FrameType, event: str, argument: Any) -> TraceFunction:
        nonlocal executed
        # Python 3.13 turns opcodes on only for a frame that has its tracer already.
        frame.f_trace = trace
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        executed += event == "opcode"
        return trace

    # What is collected meanwhile may run code of its own, which is none of the call's.
    is_collecting = gc.isenabled()
    gc.disable()
    previous = sys.gettrace()
    # Python 3.12 sees them only if some frame has asked for them before the tracing begins.
    sys._getframe().f_trace_opcodes = True
    sys.settrace(trace)
    try:
        _call(func, *args, **kwargs)
    finally:
        sys.settrace(previous)
        if is_collecting:
            gc.enable()
    return executed


def cpu_seconds(func: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> float:
    """
    Measure the CPU time of a call, whether it returns or raises.
    """
    start = time.thread_time()
    _call(func, *args, **kwargs)
    return time.thread_time() - start


def assert_linear(func: Callable[[A], object], make_input: Callable[[int], A], *, size: int) -> None:
    """
    Fail if the work of `func` grows faster than its input.

    Args:
        func: What is measured; what it raises is ignored.
        make_input: Makes an input of a given size.
        size: A size at which the input's length outweighs what every call costs.
    """
    small, large = work(func, make_input(size)), work(func, make_input(2 * size))
    assert large <= MAX_OPCODE_GROWTH * small, f"{small} opcodes for size {size}, {large} for twice the size"

    short_input, long_input = make_input(8 * size), make_input(64 * size)
    long = short = float("inf")
    for _ in range(_ROUNDS):
        long = min(long, cpu_seconds(func, long_input))
        if long < _NOT_WORTH_COMPARING:
            return
        # It is an eighth of the other: measured more often, it is not what makes the bound a wide one.
        short = min([short, *(cpu_seconds(func, short_input) for _ in range(_ROUNDS))])
        if long <= MAX_CPU_GROWTH * short:
            return
    raise AssertionError(f"{short:.6f} s for size {8 * size}, {long:.6f} s for eight times the size")


def assert_quick(func: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """
    Fail if a call blocks an event loop for much longer than the 50 ms that it may.

    A busy or a slow machine is given more, by the time that a fixed loop takes there and then.
    """
    best, allowed = float("inf"), MAX_CPU_SECONDS
    for _ in range(_ROUNDS):
        best = min(best, cpu_seconds(func, *args, **kwargs))
        if best <= allowed:
            return
        allowed = max(allowed, MAX_CPU_SECONDS * cpu_seconds(_count) / _QUIET_COUNT)
    raise AssertionError(f"{best:.6f} s, allowed {allowed:.6f} s")


def _count() -> int:
    total = 0
    for number in range(100_000):
        total += number
    return total


def _call(func: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    try:
        func(*args, **kwargs)
    except Exception:
        return
