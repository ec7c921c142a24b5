"""
Run the examples of documents and docstrings, with top-level `await`.

Every document has one namespace and one event loop, as a reader who types along has. The
namespace is that of a real module, so that string annotations in an example resolve.
"""

import ast
import asyncio
import builtins
import contextlib
import doctest
import importlib
import inspect
import io
import sys
import traceback
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FunctionType, ModuleType

from sqlalchemy import MetaData
from sqlalchemy.orm import registry
from sybil import Document, Example, Region
from sybil.document import PythonDocStringDocument
from sybil.evaluators.doctest import DocTestEvaluator
from sybil.example import NotEvaluated
from sybil.parsers.abstract.doctest import DocTestStringParser
from sybil.parsers.markdown import CodeBlockParser

from covet.database.orm import Model
from covet.database.orm.model import NAMING_CONVENTION

SOURCE = Path(__file__).parent.parent / "src"
DOCTEST_OPTIONS = doctest.ELLIPSIS

_numbers = count(1)


class Session:
    """
    Execute the examples of one document, one after the other, in an empty folder.
    """

    def __init__(self) -> None:
        self.module = ModuleType(f"documented_{next(_numbers)}")
        # `exec` would put it there; a function made by hand has none, and its class statements need it.
        self.module.__dict__["__builtins__"] = builtins
        sys.modules[self.module.__name__] = self.module
        self._runner = asyncio.Runner()
        # What a document writes beside itself is in nobody's way.
        self._folder = TemporaryDirectory()
        # Two documents may call a table the same: each has tables of its own.
        self._tables = {name: vars(Model)[name] for name in ("metadata", "registry", "_sa_registry")}
        metadata = MetaData(naming_convention=NAMING_CONVENTION)
        own = registry(metadata=metadata, type_annotation_map=Model.type_annotation_map)
        for name, value in (("metadata", metadata), ("registry", own), ("_sa_registry", own)):
            setattr(Model, name, value)

    def execute(self, code: CodeType) -> None:
        """
        Execute the code, on the event loop if it awaits.
        """
        with contextlib.chdir(self._folder.name):
            result = FunctionType(code, self.module.__dict__)()
            if inspect.iscoroutine(result):
                self._runner.run(result)

    def close(self) -> None:
        """
        Close the event loop and forget the module.
        """
        self._runner.close()
        self._folder.cleanup()
        for name, value in self._tables.items():
            setattr(Model, name, value)
        del sys.modules[self.module.__name__]


class DocstringDocument(PythonDocStringDocument):
    """
    The docstrings of one module, which is imported under its own name.
    """

    def import_document(self, example: Example) -> None:
        """
        Import the module before its first example, by its place below src/.
        """
        path = Path(self.path).relative_to(SOURCE).with_suffix("")
        parts = path.parts[:-1] if path.name == "__init__" else path.parts
        self.namespace.update(vars(importlib.import_module(".".join(parts))))
        self.pop_evaluator(self.import_document)
        raise NotEvaluated


class PromptEvaluator(DocTestEvaluator):
    """
    Evaluate one `>>>` prompt as doctest does, and let it await.
    """

    def __call__(self, sybil_example: Example) -> str:
        """
        Return what went wrong; an empty text is a success.
        """
        prompt: doctest.Example = sybil_example.parsed
        options = DOCTEST_OPTIONS
        for flag, is_on in prompt.options.items():
            options = options | flag if is_on else options & ~flag
        if options & doctest.SKIP:
            raise ValueError("a documented example runs: '+SKIP' is not allowed")
        raised: BaseException | None = None
        displayhook, sys.displayhook = sys.displayhook, sys.__displayhook__
        try:
            with contextlib.redirect_stdout(io.StringIO()) as output:
                _session_of(sybil_example).execute(_compile(prompt.source, sybil_example.path, "single"))
        except Exception as exc:
            if prompt.exc_msg is None:
                raise
            raised = exc
        finally:
            sys.displayhook = displayhook
        checker = doctest.OutputChecker()
        if raised is not None:
            message = "".join(traceback.format_exception_only(raised))
            is_right = checker.check_output(prompt.exc_msg or "", message, options)
            return "" if is_right else f"Expected:\n{prompt.exc_msg}\nRaised:\n{message}"
        if prompt.exc_msg is not None:
            return f"Expected an error, and none was raised:\n{prompt.exc_msg}"
        if checker.check_output(prompt.want, output.getvalue(), options):
            return ""
        return f"Example:\n{prompt.source}{checker.output_difference(prompt, output.getvalue(), options)}"


def open_session(namespace: dict[str, object]) -> None:
    """
    Begin a document; Sybil calls it before the first example.
    """
    namespace["__session__"] = Session()


def close_session(namespace: dict[str, object]) -> None:
    """
    End a document; Sybil calls it after the last example.
    """
    session = namespace["__session__"]
    if not isinstance(session, Session):
        raise TypeError(f"the namespace of a document holds {session!r} where its session belongs")
    session.close()


def parse_markdown(document: Document) -> Iterable[Region]:
    """
    Find the Python blocks of a Markdown document.
    """
    for region in CodeBlockParser("python", _evaluate_block)(document):
        source = str(region.parsed)
        if not source.lstrip().startswith(">>>"):
            yield region
            continue
        for prompt in DocTestStringParser(PromptEvaluator())(source, document.path):
            prompt.adjust(region, region.parsed)
            yield prompt


def parse_docstring(document: Document) -> Iterable[Region]:
    """
    Find the prompts of a docstring.
    """
    return DocTestStringParser(PromptEvaluator())(document.text, document.path)


def _session_of(example: Example) -> Session:
    session: Session = example.namespace["__session__"]
    for name, value in example.namespace.items():
        # What Sybil found by importing the documented module; dunders stay those of the session's own module.
        if not name.startswith("__"):
            session.module.__dict__.setdefault(name, value)
    return session


def _compile(source: str, path: str, mode: str) -> CodeType:
    code: CodeType = compile(source, path, mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return code


def _evaluate_block(example: Example) -> None:
    padding = "\n" * (example.line + example.parsed.line_offset)
    _session_of(example).execute(_compile(padding + example.parsed, example.path, "exec"))
