"""
Middleware: the base, the pipeline, and the built-in ones.
"""

from covet.core.middleware import CallNext, Middleware
from covet.core.pipeline import MiddlewarePipeline
from covet.middleware.cors import CORSMiddleware
from covet.middleware.injection import DIMiddleware

__all__ = ["CORSMiddleware", "CallNext", "DIMiddleware", "Middleware", "MiddlewarePipeline"]
