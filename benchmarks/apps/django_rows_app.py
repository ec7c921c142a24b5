"""
Answer from a database with Django over ASGI: its ORM in plain views, each of which runs in a thread.

No middleware, since the others have none. A pool of psycopg's for PostgreSQL, as its documentation advises for ASGI;
for SQLite it has none, and opens the file for each request.
"""

from operator import attrgetter
from typing import Any
from urllib.parse import unquote, urlsplit

import django
from django.conf import settings

from benchmarks.apps.rows import (
    ADDED,
    POOL_SIZE,
    TEMPLATES,
    database_url,
    pick_id,
    pick_ids,
    pick_number,
)


def database() -> dict[str, Any]:
    """
    Return where the database is as Django has it.
    """

    parts = urlsplit(database_url())
    if parts.scheme == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": database_url().removeprefix("sqlite:///")}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.removeprefix("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": parts.port or 5432,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": POOL_SIZE}},
    }


settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": database()},
    MIDDLEWARE=[],
    ROOT_URLCONF=__name__,
    SECRET_KEY="a secret of the benchmarks alone, 32 bytes",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [TEMPLATES]}],
    USE_I18N=False,
)
django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402 - after setup()
from django.db import models, transaction  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402


class World(models.Model):
    """
    Map a row with a number.
    """

    id = models.IntegerField(primary_key=True)
    number = models.IntegerField()

    class Meta:
        """
        Name the table.
        """

        app_label = "benchmarks"
        db_table = "world"


class Fortune(models.Model):
    """
    Map a message.
    """

    id = models.IntegerField(primary_key=True)
    message = models.TextField()

    class Meta:
        """
        Name the table.
        """

        app_label = "benchmarks"
        db_table = "fortune"


def as_json(world: World) -> dict[str, int]:
    """
    Return a row as it is answered.
    """
    return {"id": world.id, "number": world.number}


def row(_: HttpRequest) -> HttpResponse:
    """
    Answer with a row.
    """
    return JsonResponse(as_json(World.objects.get(id=pick_id())))


def rows(_: HttpRequest) -> HttpResponse:
    """
    Answer with many rows, each read by a statement of its own.
    """
    return JsonResponse([as_json(World.objects.get(id=ident)) for ident in pick_ids()], safe=False)


def fortunes(request: HttpRequest) -> HttpResponse:
    """
    Answer with a page.
    """
    found = [*Fortune.objects.all(), Fortune(id=0, message=ADDED)]
    found.sort(key=attrgetter("message"))
    return render(request, "fortunes.html", {"fortunes": found})


def updates(_: HttpRequest) -> HttpResponse:
    """
    Read many rows, change all of them, and answer with what they have now.
    """
    with transaction.atomic():
        changed = [World.objects.get(id=ident) for ident in pick_ids()]
        for each in changed:
            each.number = pick_number()
        World.objects.bulk_update(changed, ["number"])
    return JsonResponse([as_json(each) for each in changed], safe=False)


urlpatterns = [path("row", row), path("rows", rows), path("fortunes", fortunes), path("updates", updates)]
handle = get_asgi_application()


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """
    Pass requests on; of the lifespan Django knows nothing.
    """
    if scope["type"] == "http":
        await handle(scope, receive, send)
