"""
Dependency injection: services that find each other, checked when the application starts.

It knows no HTTP: the same scopes serve requests, sockets, tasks, events and commands.
"""

from covet.di.container import DependencyContainer
from covet.di.errors import (
    CaptiveDependencyError,
    ConditionError,
    DependencyCycleError,
    DependencyError,
    DependencyGraphError,
    DisposalError,
    DuplicateRegistrationError,
    FrozenContainerError,
    MissingContextValueError,
    MissingRegistrationError,
    RegistrationError,
    ScopeClosedError,
    ScopeError,
    ScopeRequiredError,
    UnknownArgumentError,
    UnreadableParameterError,
    WiringError,
)
from covet.di.injection import Injection
from covet.di.provider import Provider
from covet.di.registration import Lifetime, Registration
from covet.di.scope import Scope

__all__ = [
    "CaptiveDependencyError",
    "ConditionError",
    "DependencyContainer",
    "DependencyCycleError",
    "DependencyError",
    "DependencyGraphError",
    "DisposalError",
    "DuplicateRegistrationError",
    "FrozenContainerError",
    "Injection",
    "Lifetime",
    "MissingContextValueError",
    "MissingRegistrationError",
    "Provider",
    "Registration",
    "RegistrationError",
    "Scope",
    "ScopeClosedError",
    "ScopeError",
    "ScopeRequiredError",
    "UnknownArgumentError",
    "UnreadableParameterError",
    "WiringError",
]
