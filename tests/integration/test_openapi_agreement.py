"""
The document and the application agree: whatever the one describes the other takes, and understands as it was meant.

The requests are made of the document alone.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covet.openapi import find_documents
from covet.testing import TestClient
from tests.integration.described_gallery import app
from tests.integration.document_requests import Sent, requests_of
from tests.integration.document_values import DocumentValues
from tests.integration.wire import WireProtocol, on_both_protocols

DOCUMENT: dict[str, Any] = next(iter(find_documents(app).values())).make_document()
REQUESTS = {
    (method, path): requests_of(DOCUMENT, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}
PARAMETERS = [
    pytest.param(path, parameter, id=f"{path} {parameter['name']}")
    for path, item in DOCUMENT["paths"].items()
    for parameter in item.get("get", {}).get("parameters", ())
]

# Few values are whatever a schema allows: what is made of its parts is compared with the whole.
some_are_refused = settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
few_examples = settings(some_are_refused, max_examples=10)


@on_both_protocols
@pytest.mark.parametrize(("method", "path"), REQUESTS)
@some_are_refused
@given(data=st.data())
async def test_what_is_described_is_taken(protocol: WireProtocol, method: str, path: str, data: st.DataObject) -> None:
    """Whatever fits the document reaches the handler as what it was."""
    sent: Sent = data.draw(REQUESTS[method, path])

    response = await TestClient(app, protocol=protocol).request(method.upper(), path, **sent.options())

    assert response.status_code in (200, 201), (response.text, sent)
    seen = dict(list_seen(response.json()))
    for name, value in list_sent(sent):
        assert agree(value, seen[name]), (name, sent, response.text)


@on_both_protocols
@pytest.mark.parametrize(("path", "parameter"), PARAMETERS)
@few_examples
@given(data=st.data())
async def test_what_is_not_described_is_refused(
    protocol: WireProtocol, path: str, parameter: dict[str, Any], data: st.DataObject
) -> None:
    """A parameter that is wrong, or that is absent and must not be, is named in the errors, and nothing else is."""
    client = TestClient(app, protocol=protocol)
    sent: Sent = data.draw(REQUESTS["get", path])
    wrong = DocumentValues(DOCUMENT).find_wrong(parameter["schema"])
    names = wrong if parameter.get("style") == "form" else [parameter["name"]]

    sent.replace(parameter, None)
    absent = await client.get(path, **sent.options())
    sent.replace(parameter, wrong)
    refused = await client.get(path, **sent.options())

    assert absent.status_code == (422 if parameter.get("required") else 200), absent.text
    if wrong is not None:
        assert refused.status_code == 422, (wrong, refused.text)
        assert {(error["source"], error["pointer"].split("/")[1]) for error in refused.json()["errors"]} == {
            (parameter["in"], name) for name in names
        }


# Any: what came out of JSON.
def list_seen(answer: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """List what a handler was given: the fields of a model, and the model under its own name."""
    for name, value in answer.items():
        if isinstance(value, dict):
            yield from list_seen(value)
        yield name.replace("_", "-"), value


def list_sent(sent: Sent) -> Iterator[tuple[str, Any]]:
    """List what was sent; an object that has no name on the wire is its members."""
    for (_, name), value in sent.values.items():
        if name in ("", "years"):
            yield from ((key.replace("_", "-"), item) for key, item in value.items())
        else:
            yield name.replace("_", "-"), value


def agree(sent: Any, seen: Any) -> bool:
    """Tell whether what was seen is what was sent, or that with defaults."""
    if isinstance(sent, bytes):
        return bool(seen == len(sent))
    if isinstance(sent, dict) and isinstance(seen, dict):
        return all(agree(value, seen[name]) for name, value in sent.items())
    if isinstance(sent, dict):
        # A named tuple is answered as an array.
        return all(agree(value, seen[("width", "height").index(name)]) for name, value in sent.items())
    if isinstance(sent, list):
        if sent and isinstance(sent[0], dict | bytes):
            return all(map(agree, sent, seen))
        return {str(item) for item in sent} == {str(item) for item in seen}
    if isinstance(sent, int | float) and isinstance(seen, str):
        return float(seen) == float(sent)
    return bool(sent == seen)
