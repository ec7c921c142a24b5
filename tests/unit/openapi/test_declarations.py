"""
`@operation()` notes what a signature cannot say, and refuses what cannot be meant.
"""

from functools import partial
from typing import Any

import pytest

from covet.openapi import OpenAPIError, operation
from covet.openapi.declarations import Declaration, check_extensions, read_declaration
from covet.options import UnknownOptionError


def handler() -> None:
    """A handler."""


def test_the_handler_stays_as_it_is() -> None:
    """
    The decorator returns what it was given.
    """

    def func() -> None: ...

    assert operation(operation_id="show")(func) is func
    assert read_declaration(func).operation_id == "show"


def test_a_handler_without_a_note_says_nothing() -> None:
    """
    Most handlers have none.
    """
    assert read_declaration(handler) == Declaration()


def test_a_partial_says_what_its_function_does() -> None:
    """
    Handlers may be partials.
    """

    def func(number: int) -> None: ...

    operation(operation_id="show")(func)

    assert read_declaration(partial(func, 1)).operation_id == "show"


def test_two_notes_add_up() -> None:
    """
    The outer decorator wins where both say something.
    """

    @operation(operation_id="outer", responses={404: "Outer."})
    @operation(operation_id="inner", responses={404: "Inner.", 409: "Inner."}, external_docs="/more")
    def func() -> None: ...

    declared = read_declaration(func)

    assert (declared.operation_id, declared.external_docs) == ("outer", "/more")
    assert declared.responses == {"404": "Outer.", "409": "Inner."}


@pytest.mark.parametrize("status", [404, "404", "4XX", "default"])
def test_statuses_and_ranges_are_keys(status: int | str) -> None:
    """
    A status may be a number or a text.
    """

    @operation(responses={status: "No."})
    def func() -> None: ...

    assert read_declaration(func).responses == {str(status): "No."}


@pytest.mark.parametrize("status", [99, 600, "abc", "4xx", True, None, "007"])
def test_other_keys_are_refused(status: Any) -> None:
    """
    The error says what a key may be.
    """
    with pytest.raises(OpenAPIError) as caught:
        operation(responses={status: "No."})

    assert str(caught.value) == (
        f"operation(): responses has the key {status!r}.\n"
        "  Write a status such as 404, a range such as '4XX', or 'default'."
    )


@pytest.mark.parametrize("servers", ["https://a.example", 5, [5], [{"uri": "/"}]])
def test_servers_are_a_list_of_addresses(servers: Any) -> None:
    """
    A text alone would be as many servers as it has characters.
    """
    with pytest.raises(OpenAPIError) as caught:
        operation(servers=servers)

    assert str(caught.value).startswith(
        f"operation(): servers must be a list of addresses or of objects with a url, got {servers!r}."
    )


@pytest.mark.parametrize("name", ["", 7])
def test_an_identifier_is_a_text(name: Any) -> None:
    """
    The error shows what was given.
    """
    with pytest.raises(OpenAPIError) as caught:
        operation(operation_id=name)

    assert str(caught.value) == f"operation_id must be a text, got {name!r}."


def test_a_callback_maps_addresses_to_functions() -> None:
    """
    The error shows how to write one.
    """
    with pytest.raises(OpenAPIError) as caught:
        operation(callbacks={"shipped": handler})  # type: ignore[dict-item]

    assert str(caught.value).startswith("The callback 'shipped' must map addresses to functions, got <function handler")
    assert str(caught.value).endswith("\n  Write {'{$request.body#/callback_url}': function}.")


def test_members_of_ones_own_begin_with_x() -> None:
    """
    The error writes the name as it should be.
    """
    with pytest.raises(OpenAPIError) as caught:
        check_extensions({"internal": True})

    assert str(caught.value) == "'internal' cannot be a member of one's own.\n  Write 'x-internal'."


def test_unknown_options_are_refused() -> None:
    """
    The error says which one may have been meant.
    """
    with pytest.raises(UnknownOptionError) as caught:
        operation(operationid="show")  # type: ignore[call-arg]

    assert "Did you mean 'operation_id'?" in str(caught.value)
