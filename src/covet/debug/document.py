"""
A debug page as HTML: one document, nothing from elsewhere, no script.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from typing import Final

from covet.debug.page import Page, Table

_STYLE: Final = """
:root { color-scheme: light dark; --line: #d5d9de; --soft: #f4f6f8; --text: #1c2430; --dim: #5a6675; --mark: #0b5cad }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a424d; --soft: #232a33; --text: #e4e9ef; --dim: #9aa6b4; --mark: #7db8f5 }
  body { background: #181d24 }
}
* { box-sizing: border-box }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--text) }
header { border-bottom: 1px solid var(--line); background: var(--soft); padding: .7rem 1.5rem }
header strong { margin-right: 1.2rem }
nav { display: inline }
nav a { margin-right: 1rem; display: inline-block }
a { color: var(--mark) }
a[aria-current] { font-weight: 600; color: inherit; text-decoration: none }
main { padding: 0 1.5rem 3rem }
h1 { font-size: 1.5rem; margin: 1.2rem 0 .2rem }
h2 { font-size: 1.1rem; margin: 1.8rem 0 .5rem }
.forms, .empty { color: var(--dim) }
.wide { overflow-x: auto }
table { border-collapse: collapse; min-width: 24rem }
th, td { border-bottom: 1px solid var(--line); padding: .3rem 1rem .3rem .5rem; text-align: left; vertical-align: top }
th { background: var(--soft); font-weight: 600; white-space: nowrap }
td { font: 13px/1.5 ui-monospace, monospace; max-width: 34rem; overflow-wrap: break-word }
td:first-child { white-space: nowrap }
pre { background: var(--soft); border: 1px solid var(--line); padding: .8rem 1rem; overflow-x: auto }
"""

# The hash stands for these very bytes: a style, or a script, that slipped in otherwise is not used.
CONTENT_SECURITY_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The header that goes with a document: it may load nothing and run nothing."""


def write_document(page: Page, *, prefix: str, links: Sequence[tuple[str, str]], formats: Iterable[str]) -> str:
    """
    Write a page as HTML.

    Args:
        page: The page.
        prefix: What the paths of the pages begin with.
        links: The last parts of the paths of all pages, and their titles.
        formats: The forms that the page has.

    Example:
        >>> page = Page("routes", "<Routes>", {})
        >>> "<h1>&lt;Routes&gt;</h1>" in write_document(page, prefix="/_debug", links=[], formats=["json"])
        True
    """
    home = _link(prefix, "CovetPy", is_here=not page.name)
    nav = "".join(_link(f"{prefix}/{name}", title, is_here=name == page.name) for name, title in links)
    here = f"{prefix}/{page.name}" if page.name else prefix
    forms = ", ".join(_link(f"{here}?format={form}", form) for form in formats if form != "html")
    drawing = f"<h2>Drawing</h2><pre>{escape(page.drawing)}</pre>" if page.drawing else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(page.title)} · debug</title><style>{_STYLE}</style></head><body>"
        f"<header><strong>{home}</strong><nav>{nav}</nav></header><main><h1>{escape(page.title)}</h1>"
        f'<p class="forms">As {forms}.</p>{"".join(map(_write_table, page.tables))}{drawing}</main></body></html>\n'
    )


def _link(target: str, text: str, *, is_here: bool = False) -> str:
    current = ' aria-current="page"' if is_here else ""
    return f'<a href="{escape(target)}"{current}>{escape(text)}</a>'


def _write_table(table: Table) -> str:
    title = f"<h2>{escape(table.title)}</h2>"
    if not table.rows:
        return f'{title}<p class="empty">{escape(table.empty)}</p>'
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in table.headings)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    top = f"<thead><tr>{head}</tr></thead>" if any(table.headings) else ""
    return f'{title}<div class="wide"><table>{top}<tbody>{rows}</tbody></table></div>'
