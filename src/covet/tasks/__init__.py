"""
Work that runs after the response, in this process.

It must never be mistaken for a job queue: a crash loses what has not run.
"""

from covet.tasks.background import BackgroundTasks, attach_background_tasks

__all__ = ["BackgroundTasks", "attach_background_tasks"]
