"""
What the tests of templates share: a directory of them.
"""

from pathlib import Path

import pytest

FILES = {
    "base.html": "<title>{% block title %}Shop{% endblock %}</title>{% block main %}{% endblock %}",
    "items.html": (
        '{% extends "base.html" %}{% block main %}<ul>{% block rows %}'
        "{% for item in items %}<li>{{ item }}</li>{% endfor %}{% endblock %}</ul>{% endblock %}"
    ),
    "page": "{{ text }}",
    "mail.txt.j2": "Dear {{ name }}",
    "feed.xml": "<a>{{ text }}</a>",
    "link.html": "{{ url_for('show_item', number=7) }} {{ request.path }}",
    "form.html": '<input value="{{ csrf_token() }}">',
    "calls.html": "line one\n{{ fail() }}",
    "undefined.html": "line one\nline two {{ user.name }}",
    "quiet.html": "[{{ nothing }}]",
    "broken/includes.html": '{% include "missing.html" %}',
    "page.html": "{{ text }}{{ extra }}",
    "image.png": "no template",
    ".hidden.html": "no template",
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Write the templates."""
    root = tmp_path / "templates"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root
