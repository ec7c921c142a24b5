"""
The pages that show a document: HTML without a line of script or style in it, under a policy that allows none.

Everything comes from where the page comes from. That is why the scripts that start the pages are files of their own.
"""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final
from urllib.parse import urlsplit

from covet.openapi.ui_files import UI

START_SCRIPTS: Final = {
    "swagger": """\
const root = document.getElementById("ui");
window.ui = SwaggerUIBundle({
  url: root.dataset.document,
  domNode: root,
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
""",
    "redoc": """\
const root = document.getElementById("ui");
Redoc.init(root.dataset.document, {}, root);
""",
}

START_STYLE: Final = "body { margin: 0; }\n"

# APPSEC: nothing from elsewhere and nothing inline, but for what is named by its hash; nobody may frame the page.
_POLICY: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)


def make_headers(ui: UI, servers: Iterable[str | Mapping[str, object]] = ()) -> dict[str, str]:
    """
    Make the headers of a page.

    Args:
        ui: What shows the document.
        servers: Where the API is, as far as it is elsewhere: the page may call these.

    Example:
        >>> from covet.openapi.ui_files import REDOC
        >>> make_headers(REDOC, ["https://api.example.org/v1"])["content-security-policy"].split("; ")[-1]
        "connect-src 'self' https://api.example.org"
    """
    origins = {_origin_of(str(item if isinstance(item, str) else item.get("url", ""))) for item in servers}
    connect = " ".join(["'self'", *sorted(origin for origin in origins if origin)])
    return {
        "content-security-policy": "; ".join([*_POLICY, *ui.policy, f"connect-src {connect}"]),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }


def write_page(ui: UI, *, title: str, page: str, document: str, files: Mapping[str, str]) -> str:
    """
    Write a page.

    Args:
        ui: What shows the document.
        title: The title of the document.
        page: The path of the page.
        document: The path of the document.
        files: The path of each file, with what makes it unique; `start.css` and `start.js` are ours.

    Example:
        >>> from covet.openapi.ui_files import REDOC
        >>> files = {"redoc.standalone.js": "/docs/api/redoc.standalone.js?v=1", "start.js": "/docs/api/start.js"}
        >>> html = write_page(REDOC, title="Tea & more", page="/docs/api", document="/openapi.json", files=files)
        >>> for line in html.splitlines():
        ...     if "<title>" in line or "id=" in line or "src=" in line:
        ...         print(line)
        <title>Tea &amp; more</title>
        <div id="ui" data-document="../openapi.json"></div>
        <script src="api/redoc.standalone.js?v=1"></script>
        <script src="api/start.js"></script>
    """
    links = {name: escape(make_relative(path, page)) for name, path in files.items()}
    styles = [f'<link rel="stylesheet" href="{link}">' for name, link in links.items() if name.endswith(".css")]
    icons = [f'<link rel="icon" href="{link}">' for name, link in links.items() if name.endswith(".png")]
    # A page without an icon would be asked for one at the root of the site.
    icons = icons or ['<link rel="icon" href="data:,">']
    scripts = [f'<script src="{link}"></script>' for name, link in links.items() if name.endswith(".js")]
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        *icons,
        *styles,
        f'<div id="ui" data-document="{escape(make_relative(document, page))}"></div>',
        f"<noscript>{escape(ui.name)} needs JavaScript.</noscript>",
        *scripts,
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def write_missing_page(ui: UI, *, title: str, page: str, document: str) -> str:
    """
    Write the page that stands where the files of a page are not there: it says how to get them.

    Args:
        ui: What would show the document.
        title: The title of the document.
        page: The path of the page.
        document: The path of the document.
    """
    link = escape(make_relative(document, page))
    return f"""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<h1>{escape(title)}</h1>
<p>The files of {escape(ui.name)} are not there. They come with the wheel of CovetPy; in a checkout of its
repository, <code>make ui</code> fetches them with npm.</p>
<p>The <a href="{link}">OpenAPI document</a> is there without them.</p>
</html>
"""


def make_relative(path: str, page: str) -> str:
    """
    Write a path as it is seen from a page, so that it is right below any prefix.

    Example:
        >>> make_relative("/openapi.json", "/docs"), make_relative("/docs/a.js", "/docs"), make_relative("/a", "/b/c")
        ('openapi.json', 'docs/a.js', '../a')
    """
    folders, target = page.split("/")[:-1], path.split("/")
    shared = 0
    while shared < min(len(folders), len(target) - 1) and folders[shared] == target[shared]:
        shared += 1
    return "/".join([".."] * (len(folders) - shared) + target[shared:])


def _origin_of(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} and parts.netloc else ""
