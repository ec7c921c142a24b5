"""
Collect the examples of README.md, of docs/ and of the docstrings in src/ as tests.
"""

from sybil import Sybil

from tests.documentation import DocstringDocument, close_session, open_session, parse_docstring, parse_markdown

pytest_collect_file = (
    Sybil(parsers=[parse_markdown], patterns=["README.md", "docs/*.md"], setup=open_session, teardown=close_session)
    + Sybil(
        parsers=[parse_docstring],
        patterns=["src/covet/*.py", "src/covet/**/*.py"],
        document_types={".py": DocstringDocument},
        setup=open_session,
        teardown=close_session,
    )
).pytest()
