"""
Checks of what stands open beside what is guarded: mounted applications, exempt routes, credentials of browsers' own.
"""

from collections.abc import Sequence
from typing import Any, Final

from covet.auth.basic import BasicAuthProvider
from covet.auth.guards import Guard
from covet.checks import Check
from covet.deployment.subject import Subject
from covet.middleware import AuthenticationMiddleware, CSRFMiddleware, SessionMiddleware
from covet.middleware.csrf_exemption import CSRFExemption


def _find_open_mount(subject: Subject) -> str | None:
    for mount in subject.mounts:
        around = [*subject.layers, *(item for group in mount.groups for item in group.middleware)]
        guards = [repr(item) for item in around if isinstance(item, Guard)]
        if guards and not _has(getattr(mount.app, "layers", ()), Guard):
            return f"{', '.join(guards)} of this application is not around what is mounted at {mount.prefix or '/'!r}."
    return None


def _find_general_exemption(subject: Subject) -> str | None:
    around = [(*subject.layers, *route.all_middleware) for route in subject.routes if subject.changes(route)]
    with_session = [layers for layers in around if _has(layers, SessionMiddleware)]
    if with_session and all(_has(layers, CSRFExemption) for layers in with_session):
        return "Every route that changes something with a session has csrf_exempt(): nothing is checked."
    return None


def _find_basic_credentials(subject: Subject) -> str | None:
    for route in subject.routes:
        layers = (*subject.layers, *route.all_middleware)
        if subject.changes(route) and not _has(layers, CSRFMiddleware) and any(map(_asks_for_passwords, layers)):
            return (
                f"BasicAuthProvider without CSRFMiddleware around {route}: browsers send name and password with what "
                "pages of other sites make them send."
            )
    return None


def _asks_for_passwords(layer: object) -> bool:
    # Any: what the middleware has been given.
    providers: Sequence[Any] = layer.providers if isinstance(layer, AuthenticationMiddleware) else ()
    return any(isinstance(provider, BasicAuthProvider) for provider in providers)


def _has(layers: Sequence[object], cls: type) -> bool:
    return any(isinstance(item, cls) for item in layers)


OPENING_CHECKS: Final = (
    Check(
        "D119",
        "warning",
        "mount",
        "Give the mounted application guards of its own, or put what is needed around both with app.wrap().",
        _find_open_mount,
    ),
    Check("D120", "warning", "csrf_exempt", "Leave it to routes that believe no cookie.", _find_general_exemption),
    Check(
        "D121",
        "warning",
        "BasicAuthProvider",
        "Add CSRFMiddleware: programs that send no cookie pass it.",
        _find_basic_credentials,
    ),
)
