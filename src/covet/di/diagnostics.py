"""
What can be wrong with the wiring, in words: each one draws its path and says the fix.
"""

from collections.abc import Iterator
from typing import Protocol

from covet.di.checks import class_of, is_abstract, is_protocol, missing_members
from covet.di.errors import (
    CaptiveDependencyError,
    DependencyCycleError,
    MissingRegistrationError,
    UnknownArgumentError,
    UnreadableParameterError,
)
from covet.di.nodes import Dependency, Node, Source
from covet.di.path import Step, shorten_place
from covet.di.registration import Key, Lifetime, Registration
from covet.exceptions import ConfigurationError, RouteError, suggest
from covet.introspection import type_name

_SIMPLE = frozenset({str, bytes, int, float, bool, complex})


class GraphView(Protocol):
    """What a diagnosis may ask of the graph."""

    def all_nodes(self) -> list[Node]:
        """List every service and every layer of it, and who only asks."""

    def known_keys(self) -> list[Key]:
        """List what is registered."""

    def chosen(self, key: Key) -> Registration | None:
        """Return the registration of a key."""

    def unmet(self, key: Key) -> Registration | None:
        """Return a registration whose condition is false."""


def make_step(node: Node, parameter: str = "", note: str = "") -> Step:
    """Make the step of a path that stands for a service."""
    return Step(node.name, node.word, parameter, node.where, note)


def make_path(view: GraphView, node: Node) -> list[Step]:
    """Find the shortest way to a service from one that nobody else needs."""
    nodes = view.all_nodes()
    asked_by: dict[int, list[tuple[Node, str]]] = {}
    for asker in nodes:
        for dependency in asker.dependencies:
            for needed in dependency.nodes:
                asked_by.setdefault(id(needed), []).append((asker, dependency.parameter))
    ways: list[tuple[Node, list[Step]]] = [(node, [])]
    seen = {id(node)}
    while ways:
        current, steps = ways.pop(0)
        askers = asked_by.get(id(current), [])
        if not askers:
            return [make_step(current), *steps]
        for asker, parameter in askers:
            if id(asker) not in seen:
                seen.add(id(asker))
                ways.append((asker, [make_step(current, parameter), *steps]))
    return [make_step(node)]


# ── What is missing ──────────────────────────────────────────────────────────


def explain_missing(view: GraphView, node: Node, parameter: str, key: Key) -> MissingRegistrationError:
    """Explain a parameter whose type nobody registered."""
    steps = [*make_path(view, node), Step(key.name, parameter=parameter, note="not registered")]
    return MissingRegistrationError(
        f"{key.name} is not registered.", steps=steps, hint=suggest_registration(view, key, parameter, node)
    )


def suggest_registration(view: GraphView, key: Key, parameter: str = "", node: Node | None = None) -> str:
    """Say what to write so that a key is found."""
    unmet = view.unmet(key)
    if unmet is not None:
        return f"It is registered at {shorten_place(unmet.where)}, but its condition (when=) is false."
    interface, name = key.interface, type_name(key.interface)
    if interface in _SIMPLE and node is not None:
        return f"Give the value where {node.name} is registered: register({node.name}, ..., {parameter}=...)."
    qualifiers = sorted(other.qualifier or "" for other in view.known_keys() if other.interface == interface)
    if any(qualifiers):
        listed = ", ".join(repr(word) if word else "none" for word in qualifiers)
        word = next(word for word in qualifiers if word)
        return f'{name} is registered with other qualifiers: {listed}. Write Annotated[{name}, "{word}"].'
    if qualifiers and key.qualifier is not None:
        other = f"register it with qualifier={key.qualifier!r}"
        return f"{name} is registered without a qualifier. Write {name} alone, or {other}."
    fitting = _find_fitting(view, key)
    if fitting is not None:
        fits = fitting.name
        return f"{fits}, registered at {shorten_place(fitting.where)}, is one: container.register({name}, {fits})."
    implementation = ", <the class that implements it>" if is_abstract(interface) else ""
    fix = f"Register it: container.register({name}{implementation})."
    meant = suggest(name, {type_name(other.interface) for other in view.known_keys()})
    return f"{fix} {meant.partition(' Available')[0]}" if meant.startswith("Did") else fix


def _find_fitting(view: GraphView, key: Key) -> Node | None:
    wanted = class_of(key.interface)
    if wanted is None or wanted is object:
        return None
    for node in view.all_nodes():
        cls = None if node.key is None else class_of(node.key.interface)
        if cls is None or cls is wanted or is_protocol(cls):
            continue
        if wanted in cls.__mro__ or (is_protocol(wanted) and not missing_members(cls, wanted)):
            return node
    return None


# ── What cannot be read ──────────────────────────────────────────────────────


def explain_unreadable(view: GraphView, node: Node, exc: RouteError) -> UnreadableParameterError:
    """Explain a callable whose signature or annotations cannot be read."""
    parameter = exc.parameter or ""
    message = exc.message.replace("annotates it with", f"annotates {parameter!r} with")
    return _unreadable(view, node, parameter, message, exc.hint)


def explain_unreadable_class(view: GraphView, node: Node, exc: ConfigurationError) -> UnreadableParameterError:
    """Explain a class whose fields cannot be read."""
    return _unreadable(view, node, "", exc.message, exc.hint)


def explain_unannotated(view: GraphView, node: Node, parameter: str) -> UnreadableParameterError:
    """Explain a parameter that says nothing about its type."""
    return _unreadable(
        view,
        node,
        parameter,
        f"{node.name} takes {parameter!r} without an annotation: nobody knows what to give it.",
        f"Annotate it, give it a default, or give its value: register({node.name}, ..., {parameter}=...).",
    )


def _unreadable(
    view: GraphView, node: Node, parameter: str, message: str, hint: str | None
) -> UnreadableParameterError:
    steps = make_path(view, node)
    if parameter and parameter != "return":
        steps.append(Step("?", parameter=parameter, note="cannot be read"))
    return UnreadableParameterError(message, steps=steps, hint=hint)


def explain_unknown_argument(view: GraphView, node: Node, name: str, known: list[str]) -> UnknownArgumentError:
    """Explain a keyword that nobody takes."""
    return UnknownArgumentError(
        f"{node.name} is registered with {name}=, which it does not take.",
        steps=[*make_path(view, node), Step("?", parameter=name, note="no such parameter")],
        hint=suggest(name, known),
    )


def explain_decorator(view: GraphView, node: Node) -> UnreadableParameterError:
    """Explain a decorator that does not take what it wraps."""
    return UnreadableParameterError(
        f"The decorator of {node.name} does not take what it wraps.",
        steps=make_path(view, node),
        hint=f"Give it a parameter that is annotated with {node.name}.",
    )


# ── What does not go together ────────────────────────────────────────────────


def find_captives(view: GraphView) -> Iterator[CaptiveDependencyError]:
    """Find the singletons that hold what lives shorter than they do."""
    for node in view.all_nodes():
        if node.lifetime is not Lifetime.SINGLETON:
            continue
        for dependency in node.dependencies:
            if dependency.source in {Source.CONTEXT, Source.SCOPE}:
                held = type_name(dependency.value) if dependency.source is Source.CONTEXT else "Scope"
                yield _explain_captive(view, node, Step(held, "scoped", dependency.parameter))
        for dependency, needed in node.needed():
            if needed.lifetime is not Lifetime.SINGLETON:
                yield _explain_captive(view, node, make_step(needed, dependency.parameter))


def _explain_captive(view: GraphView, node: Node, step: Step) -> CaptiveDependencyError:
    held = step.service
    held_step = Step(held, step.lifetime, step.parameter, step.where, "lives shorter than what holds it")
    if step.where:
        fix = f"Register {node.name} as SCOPED or {held} as SINGLETON, or take Provider[{held}]"
        fix += " and open it for each use: async with provider.use()."
    else:
        fix = f"Register {node.name} as SCOPED, or pass the {held} to the method that needs it."
    return CaptiveDependencyError(
        f"{node.name} is a singleton and would keep a {step.lifetime} {held} for ever.",
        steps=[*make_path(view, node), held_step],
        hint=fix,
    )


def find_cycles(view: GraphView) -> Iterator[DependencyCycleError]:
    """Find the services that need themselves."""
    done: set[int] = set()
    for root in view.all_nodes():
        if id(root) not in done:
            yield from _walk_cycles(root, done)


def _walk_cycles(root: Node, done: set[int]) -> Iterator[DependencyCycleError]:
    """Walk down from a service without recursion: a chain may be longer than Python's stack."""
    way: list[tuple[Node, str]] = [(root, "")]
    rest: list[list[tuple[Dependency, Node]]] = [list(root.needed())]
    open_ids = {id(root): 0}
    while way:
        if not rest[-1]:
            node, _ = way.pop()
            rest.pop()
            del open_ids[id(node)]
            done.add(id(node))
            continue
        dependency, needed = rest[-1].pop(0)
        if id(needed) in open_ids:
            yield _explain_cycle(way[open_ids[id(needed)] :], needed, dependency.parameter)
        elif id(needed) not in done:
            open_ids[id(needed)] = len(way)
            way.append((needed, dependency.parameter))
            rest.append(list(needed.needed()))


def _explain_cycle(circle: list[tuple[Node, str]], first: Node, parameter: str) -> DependencyCycleError:
    steps = [make_step(node, asked if number else "") for number, (node, asked) in enumerate(circle)]
    steps.append(Step(first.name, parameter=parameter, note="closes the circle"))
    return DependencyCycleError(
        f"{first.name} needs itself.",
        steps=steps,
        hint=f"Let one of them take Provider[{first.name}], which resolves when it is used, or move what both need "
        "into a third.",
    )
