"""
Whether an application may be seen by strangers: checks of its settings, and of what its middleware really does.

What it does is tried with requests that are made up, never with requests through the handlers.
"""

from covet.deployment.checks import CHECKS, check_deployment
from covet.deployment.enforcement import UnsafeDeploymentError, refuse_unsafe

__all__ = [
    "CHECKS",
    "UnsafeDeploymentError",
    "check_deployment",
    "refuse_unsafe",
]
