"""
The graph: every service, what it needs, and everything that is wrong with that.

It is made when the container is built, reads all registrations at once, and collects every error instead of stopping
at the first. It must never make an instance.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, get_args

from covet.di import diagnostics
from covet.di.errors import (
    ConditionError,
    DependencyError,
    DependencyGraphError,
    DuplicateRegistrationError,
    RegistrationError,
)
from covet.di.generics import COLLECTIONS, asked_for, close, close_template, inside_optional, is_template
from covet.di.maker import read_maker
from covet.di.nodes import Catalogue, Demand, Dependency, Node, Source
from covet.di.provider import Provider
from covet.di.registration import Decoration, Key, Lifetime, Registration, read_key
from covet.exceptions import ConfigurationError, RouteError
from covet.introspection import KEYWORD_ONLY, POSITIONAL_ONLY, Annotation, ParameterInfo, origin_of
from covet.types import UNSET

NodeT = TypeVar("NodeT", bound=Node | None)


class Graph:
    """
    Read a catalogue and wire it.

    Args:
        catalogue: What is registered.

    Attributes:
        nodes: Every service by its key, in order of registration.
        demands: Those who only ask, in order.
        declared: The types that the opener of a scope gives.
        conditions: What the conditions say, by the registrations' ids.
        overridden: The services in whose place something else stands.
        errors: Everything that is wrong.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._chosen: dict[Key, Registration] = {}
        self._unmet: dict[Key, Registration] = {}
        self._pending: list[tuple[Node, Node | None]] = []
        self._problems: list[Callable[[], DependencyError]] = []
        self.nodes: dict[Key, Node] = {}
        self.demands: list[Node] = []
        self.conditions: dict[int, bool] = {}
        self.overridden = frozenset(catalogue.instances)
        self.declared = tuple(kind for kind in catalogue.declared if Key(kind) not in self.overridden)
        self._asked: dict[Demand, Node] = {}
        self.errors: list[DependencyError] = []
        self._choose()
        for key, registration in self._chosen.items():
            if not is_template(registration):
                self.find(key)
        for demand in catalogue.demands:
            self._ask(demand)
        self._wire_pending()
        self._finish()

    def demand_of(self, demand: Demand) -> Node:
        """
        Return the node of somebody who only asks; one that came after the building is wired here.

        Raises:
            DependencyGraphError: If it cannot be wired.
        """
        node = self._asked.get(demand)
        return node if node is not None else self._extend(lambda: self._ask(demand))

    def forget(self, demand: Demand) -> Node | None:
        """Drop somebody who only asks; return its node, if there was one."""
        node = self._asked.pop(demand, None)
        self.demands = [other for other in self.demands if other is not node]
        return node

    def _ask(self, demand: Demand) -> Node:
        node = self._asked[demand] = Node(None, demand.name, None, demand.where)
        self.demands.append(node)
        node.dependencies = self._wire(node, demand.parameters, {}, takes_any=False)
        return node

    def find(self, key: Key) -> Node | None:
        """Return the service of a key; one of an open generic registration is made here."""
        node = self.nodes.get(key)
        if node is not None:
            return node
        registration = self._chosen.get(key) or self._template_of(key)
        if registration is None:
            return None
        return self._add(key, registration)

    def extend(self, key: Key) -> Node | None:
        """
        Find a service that nobody asked for when the graph was made, and wire it.

        Raises:
            DependencyGraphError: If it cannot be wired.
        """
        return self._extend(lambda: self.find(key))

    def _extend(self, add: Callable[[], NodeT]) -> NodeT:
        nodes, asked, demands = dict(self.nodes), dict(self._asked), list(self.demands)
        self._problems, self.errors = [], []
        node = add()
        self._wire_pending()
        self._finish()
        if self.errors:
            # The next one who asks gets the same report, not something half wired.
            self.nodes, self._asked, self.demands = nodes, asked, demands
            raise DependencyGraphError(self.errors)
        return node

    # ── Choosing ─────────────────────────────────────────────────────────────

    def _choose(self) -> None:
        """Evaluate the conditions, and leave one registration for each key."""
        for key, registrations in self._catalogue.registrations.items():
            for registration in registrations:
                if not self._is_met(registration):
                    self._unmet[key] = registration
                elif (first := self._chosen.get(key)) is not None:
                    error = DuplicateRegistrationError(key.name, first=first.where, where=registration.where)
                    self.errors.append(error)
                else:
                    self._chosen[key] = registration
        for key, instance in self._catalogue.instances.items():
            self._chosen[key] = Registration(
                key.interface, lifetime=Lifetime.SINGLETON, qualifier=key.qualifier, instance=instance, where=""
            )

    def _is_met(self, registration: Registration) -> bool:
        condition, known = registration.when, self._catalogue.conditions.get(id(registration))
        if condition is None or isinstance(condition, bool):
            return condition is not False
        if known is not None:
            return known
        try:
            self.conditions[id(registration)] = bool(condition())
            return self.conditions[id(registration)]
        except Exception as exc:  # noqa: BLE001 - the condition is the application's
            error = ConditionError(
                f"The condition of {registration.key.name} failed: {type(exc).__name__}: {exc}",
                steps=[
                    diagnostics.make_step(Node(None, registration.key.name, registration.lifetime, registration.where))
                ],
                hint="Let when= be a bool, or a function without parameters that returns one.",
            )
            error.__cause__ = exc
            self.errors.append(error)
            return True

    def _template_of(self, key: Key) -> Registration | None:
        """Find the open generic registration that makes a closed one."""
        origin = origin_of(key.interface)
        if origin is None or not get_args(key.interface):
            return None
        template = self._chosen.get(Key(origin, key.qualifier))
        return template if template is not None and is_template(template) else None

    def _add(self, key: Key, registration: Registration) -> Node:
        if registration.key != key:
            registration = close_template(registration, key)
        lifetime = registration.lifetime
        wrapped = [item for item in self._decorations_of(key) if key not in self._catalogue.instances]
        node = Node(key, key.name, lifetime, registration.where, registration, is_inner=bool(wrapped))
        self._pending.append((node, None))
        for number, decoration in enumerate(wrapped, 1):
            outer = Registration(
                key.interface,
                factory=close(decoration.decorator, key.interface),
                lifetime=lifetime,
                kwargs=decoration.kwargs,
                qualifier=key.qualifier,
                where=decoration.where,
            )
            inner = node
            node = Node(key, key.name, lifetime, decoration.where, outer, is_inner=number < len(wrapped))
            self._pending.append((node, inner))
        self.nodes[key] = node
        return node

    def _decorations_of(self, key: Key) -> list[Decoration]:
        origin = Key(origin_of(key.interface), key.qualifier)
        return [item for item in self._catalogue.decorations if item.key == key or item.key == origin]

    # ── Wiring ───────────────────────────────────────────────────────────────

    def _wire_pending(self) -> None:
        while self._pending:
            node, inner = self._pending.pop(0)
            registration = node.registration
            if registration is None or registration.instance is not UNSET:
                continue
            try:
                node.maker = read_maker(registration)
            except RouteError as exc:
                self._report(diagnostics.explain_unreadable, node, exc)
                continue
            except RegistrationError as exc:
                self.errors.append(exc)
                continue
            except ConfigurationError as exc:
                self._report(diagnostics.explain_unreadable_class, node, exc)
                continue
            node.dependencies = self._wire(
                node, node.maker.parameters, registration.kwargs, takes_any=node.maker.takes_any, inner=inner
            )

    def _wire(
        self,
        node: Node,
        parameters: Sequence[ParameterInfo],
        kwargs: Mapping[str, object],
        *,
        takes_any: bool,
        inner: Node | None = None,
    ) -> tuple[Dependency, ...]:
        names = {parameter.name for parameter in parameters}
        dependencies: list[Dependency] = []
        is_skipped = False
        for parameter in parameters:
            if parameter.name in kwargs:
                dependency: Dependency | None = Dependency(
                    parameter.name, Source.CONSTANT, value=kwargs[parameter.name]
                )
            elif inner is not None and inner.key == read_key(parameter.annotation, parameter.metadata):
                dependency, inner = Dependency(parameter.name, Source.SERVICE, (inner,)), None
            else:
                dependency = self._wire_parameter(node, parameter)
            if dependency is None and node.key is None and parameter.default is not UNSET:
                # Whoever only asks gets all that it has asked for, whatever is registered.
                dependency = Dependency(parameter.name, Source.CONSTANT, value=parameter.default)
            if dependency is None:
                is_skipped = True
                continue
            is_named = parameter.kind is KEYWORD_ONLY or (is_skipped and parameter.kind is not POSITIONAL_ONLY)
            dependencies.append(replace(dependency, is_named=is_named))
        for name, value in kwargs.items():
            if name in names:
                continue
            if takes_any:
                dependencies.append(Dependency(name, Source.CONSTANT, value=value, is_named=True))
            else:
                self._report(diagnostics.explain_unknown_argument, node, name, sorted(names))
        if inner is not None:
            self._report(diagnostics.explain_decorator, node)
        return tuple(dependencies)

    def _wire_parameter(self, node: Node, parameter: ParameterInfo) -> Dependency | None:
        """Find where an argument comes from; `None` leaves it to its default."""
        name, has_default = parameter.name, parameter.default is not UNSET
        if not parameter.has_annotation:
            if not has_default:
                self._report(diagnostics.explain_unannotated, node, name)
            return None
        key = read_key(parameter.annotation, parameter.metadata)
        found = self._find_source(name, key)
        if found is not None:
            return found
        optional = inside_optional(key.interface)
        if optional is not None:
            inner = read_key(optional, parameter.metadata)
            found = self._find_source(name, inner)
            if found is None and not has_default:
                found = Dependency(name, Source.CONSTANT, value=None)
            return found
        if not has_default:
            self._report(diagnostics.explain_missing, node, name, asked_for(key))
        return None

    def _find_source(self, parameter: str, key: Key) -> Dependency | None:
        node = self.find(key)
        if node is not None:
            return Dependency(parameter, Source.SERVICE, (node,))
        interface, origin = key.interface, origin_of(key.interface)
        if key.qualifier is None and interface in self._catalogue.declared:
            return Dependency(parameter, Source.CONTEXT, value=interface)
        if interface in self._catalogue.specials:
            return Dependency(parameter, self._catalogue.specials[interface])
        if origin is Provider:
            late = read_key(get_args(interface)[0], () if key.qualifier is None else (key.qualifier,))
            target = self.find(late)
            return None if target is None else Dependency(parameter, Source.PROVIDER, (target,), late)
        if key.qualifier is None and origin in COLLECTIONS:
            return self._find_all(parameter, origin, interface)
        return None

    def _find_all(self, parameter: str, origin: Any, interface: Annotation) -> Dependency | None:
        item = read_key(get_args(interface)[0]).interface
        nodes = [self.find(key) for key in list(self._chosen) if key.interface == item]
        present = tuple(node for node in nodes if node is not None)
        return Dependency(parameter, Source.ALL, present, COLLECTIONS[origin]) if present else None

    # ── Reporting ────────────────────────────────────────────────────────────

    def _report(self, explain: Callable[..., DependencyError], node: Node, *details: object) -> None:
        # The path is known only when everything is wired.
        self._problems.append(lambda: explain(self, node, *details))

    def _finish(self) -> None:
        self.errors += [make() for make in self._problems]
        self._problems = []
        self.errors += diagnostics.find_captives(self)
        self.errors += diagnostics.find_cycles(self)

    def all_nodes(self) -> list[Node]:
        """List every service and every layer of it, and who only asks."""
        found: dict[int, Node] = {}
        pending = [*self.demands, *self.nodes.values()]
        while pending:
            node = pending.pop(0)
            if id(node) in found:
                continue
            found[id(node)] = node
            pending += [other for dependency in node.dependencies for other in dependency.nodes]
        return list(found.values())

    def known_keys(self) -> list[Key]:
        """List what is registered, open generic registrations included."""
        return list(self._chosen)

    def chosen(self, key: Key) -> Registration | None:
        """Return the registration of a key."""
        return self._chosen.get(key)

    def unmet(self, key: Key) -> Registration | None:
        """Return a registration whose condition is false."""
        return self._unmet.get(key)
