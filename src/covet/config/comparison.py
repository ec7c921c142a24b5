"""
What differs between two settings of one class.
"""

from collections.abc import Iterator, Mapping

from covet.config.fields import Section
from covet.config.loading import Loaded
from covet.config.tables import find_within
from covet.config.watcher import ChangedValue


def compare_values(shape: Section, before: Loaded, after: Loaded, *, may_reload: bool) -> Iterator[ChangedValue]:
    """
    List the values that differ; of tables that others read, those of each of them.

    Args:
        shape: What there is to set.
        before: The values in use.
        after: The newer ones.
        may_reload: Whether those that are `Reloadable` can be taken over.
    """
    # What was secret must not be shown because it is none any more.
    hidden = {*before.hidden, *after.hidden}
    for field in shape.walk():
        old, new = before.values.get(field.path), after.values.get(field.path)
        if old == new:
            continue
        if not field.is_open or not isinstance(old, Mapping) or not isinstance(new, Mapping):
            is_reloadable = may_reload and field.is_reloadable
            origin = after.origins.get(field.path)
            yield ChangedValue(field.name, old, new, origin, is_reloadable, find_within(field.path, hidden))
            continue
        for name in sorted({*old, *new}):
            if old.get(name) != new.get(name):
                places = find_within((*field.path, name), hidden)
                yield ChangedValue(f"{field.name}.{name}", old.get(name), new.get(name), None, False, places)
