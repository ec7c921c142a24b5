"""
What the search for a deadly answer tries: statuses, headers, bodies, cookies, targets, streams and exceptions.
"""

import base64
import json
from typing import Any

from hypothesis import strategies as st

Case = dict[str, Any]


def special(name: str, of: object = None) -> dict[str, object]:
    """Describe a value that JSON has no word for."""
    return {"$": name, "of": of}


INJECTION = "x\r\nx-injected: 1\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"

hostile = st.sampled_from(
    [
        special("hostile"),
        special("hostile text", "x"),
        special("lying text", INJECTION),
        special("object"),
        special("class"),
        special("lambda"),
        special("ring"),
        special("nest", 100_000),
        special("nest", 50),
        special("float", "nan"),
        special("float", "inf"),
        special("int", 5000),
        special("set", [1, 2]),
        special("enum", 418),
        special("enum", 100),
    ]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
controls = st.text(st.characters(max_codepoint=0x7F), max_size=8)
texts = st.one_of(
    st.text(max_size=30),
    controls,
    st.text(st.characters(), max_size=6),
    st.sampled_from([INJECTION, "\r", "\n", "\0", "é", "日本", "\ud800", "\x7f", "\x85", "\u2028", "", " ", "\t"]),
    st.builds(lambda text, count: special("repeat", [text, count]), st.sampled_from("aé\n"), st.integers(0, 300_000)),
)
binaries = (
    st.binary(max_size=30)
    .map(bytes.hex)
    .flatmap(lambda text: st.sampled_from([special(kind, text) for kind in ("bytes", "bytearray", "memoryview")]))
)

statuses = st.one_of(
    st.sampled_from([200, 201, 204, 205, 206, 304, 307, 400, 404, 418, 500, 599]),
    st.sampled_from([-1, 0, 1, 99, 100, 101, 103, 199, 600, 999, 1000, 65535, 65536, 70000, 2**31, 2**64, -(2**63)]),
    st.sampled_from(["200", "OK", "", 200.0, 3.5, True, False, None, [200], {"status": 200}]),
    st.integers(),
    hostile,
)
names = st.one_of(
    st.sampled_from(
        [
            "x-own", "X-Own", "Content-Length", "content-length", "Transfer-Encoding", "Connection", "Content-Type",
            "Set-Cookie", "Date", "Server", "Upgrade", "Trailer", "Keep-Alive", "TE", "Content-Encoding", "Location",
            "Vary", "Proxy-Connection", ":status", "x-own:", "x own", "x-own\r\nx-injected", "", "ſet-cookie", "K",
        ]
    ),
    texts,
    scalars,
    hostile,
)  # fmt: skip
values = st.one_of(
    st.sampled_from(["1", "close", "chunked", "upgrade", "5", "0", "-1", "99999999999999999999", "gzip", "text/html"]),
    texts,
    scalars,
    hostile,
    binaries,
)
mappings = st.dictionaries(names.filter(lambda name: isinstance(name, str)), values, max_size=3)
headers = st.one_of(
    mappings,
    st.lists(st.tuples(names, values), max_size=3).map(lambda pairs: special("pairs", [list(pair) for pair in pairs])),
    st.lists(values, max_size=3),
    st.none(),
    values,
)
media_types = st.one_of(
    st.sampled_from(["text/html", "text/plain; charset=latin-1", "application/json", f"text/{INJECTION}", "text", ""]),
    texts,
    scalars,
    hostile,
)
json_values = st.recursive(
    scalars | texts | binaries | hostile,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
bodies = st.one_of(
    json_values,
    texts,
    binaries,
    st.lists(json_values, max_size=3).map(lambda items: special("generator", items)),
    st.lists(json_values, max_size=3).map(lambda items: special("tuple", items)),
)
arguments = st.fixed_dictionaries({}, optional={"status_code": statuses, "headers": headers, "media_type": media_types})

http_errors = st.fixed_dictionaries(
    {},
    optional={
        "detail": texts | scalars | hostile,
        "status_code": st.sampled_from([400, 404, 413, 500, 599]) | statuses,
        "headers": headers,
        "type": texts | scalars | hostile,
        "title": texts | scalars | hostile,
        "extensions": st.dictionaries(st.text(max_size=6), json_values, max_size=3) | json_values,
    },
)
exceptions = st.one_of(
    st.tuples(
        st.sampled_from(
            [
                "Exception", "KeyError", "ZeroDivisionError", "MemoryError", "RecursionError", "StopIteration",
                "StopAsyncIteration", "GeneratorExit", "SystemExit", "KeyboardInterrupt", "CancelledError",
                "TimeoutError", "BrokenPipeError", "ConnectionResetError", "OSError", "NotImplementedError",
                "AssertionError", "Ending", "Unprintable", "UnprintableEnding", "ExitingText", "UnicodeDecodeError",
                "group", "group of one", "base group", "base group of exits", "HalfMade", "PropertyStatus",
                "MethodNotAllowed", "ValidationError", "ResponseError", "ClientDisconnectedError", "recursion", "chain",
            ]
        ),
        texts | st.just("x"),
    ),
    st.tuples(st.just("HTTPError"), http_errors),
    st.tuples(st.just("OddStatus"), statuses),
    st.tuples(st.just("noted"), json_values),
    st.tuples(st.just("SyntaxError"), scalars | texts),
    st.tuples(st.sampled_from(["Exception", "SystemExit", "StopIteration", "OSError"]), json_values),
).map(list)  # fmt: skip

cookies = st.fixed_dictionaries(
    {
        "how": st.just("cookie"),
        "name": st.just("a") | texts | scalars | hostile,
        "value": st.just("b") | texts | scalars | hostile,
        "arguments": st.fixed_dictionaries(
            {},
            optional={
                "path": texts | st.sampled_from(["/; HttpOnly; Domain=evil", "/a"]) | scalars | hostile,
                "domain": texts | st.sampled_from(["a;b", "a.test"]) | scalars | hostile,
                "max_age": scalars | hostile,
                "expires": scalars | hostile,
                "samesite": st.sampled_from(["lax", "none; Domain=evil", "Lax", ""]) | scalars | hostile,
                "secure": scalars | hostile,
                "httponly": scalars | hostile,
                "partitioned": scalars | hostile,
            },
        ),
    }
)
redirects = st.fixed_dictionaries(
    {
        "how": st.just("redirect"),
        "url": texts.map(lambda text: text if isinstance(text, dict) else f"/{text}")
        | st.sampled_from(["/a", "//evil", "/\r\nx-injected: 1", "http://a.test/é", "/%0d%0ax-injected:1", "\ud800"])
        | scalars
        | hostile,
        "status": st.sampled_from([301, 302, 303, 307, 308]) | statuses,
        "external": st.booleans(),
    }
)
streams = st.fixed_dictionaries(
    {
        "how": st.just("stream"),
        "pieces": st.lists(
            st.sampled_from(["piece", "", special("bytes", "00ff"), special("repeat", ["x", 100_000])])
            | texts | binaries | scalars | hostile,
            max_size=5,
        ),
        "error": st.none() | exceptions,
        "is_async": st.booleans(),
        "arguments": arguments,
    }
)  # fmt: skip
cases: st.SearchStrategy[Case] = st.one_of(
    st.fixed_dictionaries({"how": st.just("value"), "value": bodies}),
    st.fixed_dictionaries(
        {"how": st.just("answer"), "parts": st.tuples(bodies, statuses) | st.tuples(bodies, statuses, headers)}
    ),
    st.fixed_dictionaries(
        {
            "how": st.just("respond"),
            "class": st.sampled_from(["Response", "JSONResponse", "HTMLResponse", "PlainTextResponse"]),
            "content": bodies,
            "arguments": arguments,
        }
    ),
    st.fixed_dictionaries(
        {
            "how": st.just("change"),
            "set": st.fixed_dictionaries({}, optional={"status_code": statuses, "body": bodies, "background": scalars}),
            "headers": st.lists(st.tuples(names, values), max_size=3),
        }
    ),
    cookies,
    redirects,
    streams,
    st.fixed_dictionaries({"how": st.just("raise"), "error": exceptions}),
)


def encode_case(case: Case) -> str:
    """Write a case as the header `x-case` carries it."""
    return base64.b64encode(json.dumps(case).encode()).decode()
