"""
Metrics: how many requests there were, how long they took, how many are under way, for a program that collects them.

- `plugin`: `MetricsPlugin`, which counts and answers whoever collects.
- `requests`: the middleware that counts.
- `prometheus`: the adapter of prometheus-client: what is counted, and how it is written.

A battery: it uses the public surface of the application, and nothing knows it.
"""

from covet.metrics.plugin import MetricsConfig, MetricsPlugin

__all__ = ["MetricsConfig", "MetricsPlugin"]
