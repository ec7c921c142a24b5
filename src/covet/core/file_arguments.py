"""
Arguments that are files of a form: what they may be, and how they are found.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from covet.core.argument import Argument
from covet.core.argument_markers import route_error
from covet.core.argument_types import find_file_field, has_limits, make_constraints, without_none
from covet.core.route import Route
from covet.exceptions import ErrorItem, ValidationError
from covet.http.request import Request
from covet.http.uploads import UploadFile
from covet.introspection import Annotation, ParameterInfo, type_name
from covet.parameters import Parameter

# Any: one file, or a list of them.
ReadFiles = Callable[[Request], Any]


def make_file_argument(route: Route, parameter: ParameterInfo, argument: Argument) -> Argument:
    """
    Check an argument that is a file.

    Args:
        route: The route.
        parameter: The parameter of its handler.
        argument: What is known of it.

    Raises:
        RouteError: If no file of a form can be it, or its marker asks for what cannot be checked.
        MissingDependencyError: If the library that reads such forms is not installed.
    """
    plain = without_none(argument.annotation)
    is_list = plain in (list[UploadFile], Sequence[UploadFile])
    if plain is not UploadFile and not is_list:
        raise route_error(
            route,
            parameter,
            f"{type_name(argument.annotation)} is no file of a form.",
            "Write UploadFile, UploadFile | None or list[UploadFile] of covet.http.",
        )
    marker = argument.marker or Parameter()
    others = [item for item in parameter.metadata if not _is_marker(item)]
    counts = replace(marker, min_length=None, max_length=None) if is_list else marker
    if has_limits(make_constraints(counts), *others):
        raise route_error(
            route,
            parameter,
            "A file is not validated.",
            "Write form_limits=FormLimits(max_file_size=...); min_length and max_length of a list count files.",
        )
    if marker.style is not None or marker.explode is not None or marker.extra is not None:
        raise route_error(route, parameter, "style, explode and extra say nothing of files.", "Leave them out.")
    # Now, rather than with the first upload: it says what to install if the library is missing.
    import_module("covet.http.multipart")
    return argument


def refuse_file_field(route: Route, parameter: ParameterInfo, annotation: Annotation, source: str) -> None:
    """
    Refuse a model that has a file among its fields.

    Args:
        route: The route.
        parameter: The parameter of its handler.
        annotation: The model.
        source: Where it comes from.

    Raises:
        RouteError: If it has one; says where the file goes instead.
    """
    found = find_file_field(annotation)
    if found is None:
        return
    model, field, file = found
    form = "" if source == "form" else f", and the model as Annotated[{model}, Form()]"
    raise route_error(
        route,
        parameter,
        f"{model}.{field} is a file, and a model has none.",
        f"Leave the field out, and take the file as a parameter of the handler, {field}: {file}{form}.",
    )


def read_files(argument: Argument) -> ReadFiles:
    """
    Compile what finds the files of an argument in a form that has been read.

    Args:
        argument: The argument.
    """
    alias, marker = argument.alias, argument.marker or Parameter()
    least, most = marker.min_length or 0, marker.max_length

    def find(request: Request) -> list[UploadFile]:
        form = request.read_form
        files = form.files.get_list(alias)
        if not files and alias in form:
            raise _refuse(argument, "must be a file", "file_type")
        return files

    if not argument.is_sequence:

        def read(request: Request) -> Any:
            files = find(request)
            return files[-1] if files else argument.make_default()

        return read

    def read_list(request: Request) -> Any:
        files = find(request)
        if not files:
            return argument.make_default()
        if len(files) < least:
            raise _refuse(argument, f"must be at least {least} files", "too_short")
        if most is not None and len(files) > most:
            raise _refuse(argument, f"must be at most {most} files", "too_long")
        return files

    return read_list


def _refuse(argument: Argument, message: str, type_: str) -> ValidationError:
    return ValidationError([ErrorItem("form", argument.pointer, message, type_)])


def _is_marker(item: object) -> bool:
    return isinstance(item, Parameter) or (isinstance(item, type) and issubclass(item, Parameter))


__all__ = ["make_file_argument", "read_files", "refuse_file_field"]
