"""
Middleware: the base, the pipeline, and the built-in ones.
"""

from covet.core.middleware import CallNext, Middleware, MiddlewarePipeline

__all__ = ["CallNext", "Middleware", "MiddlewarePipeline"]
