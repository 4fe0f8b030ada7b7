"""The one modulestore of a process, and its signals."""

from __future__ import annotations

from django.dispatch import Signal
from xmodule.modulestore.mixed import MixedModuleStore


class SwitchedSignal(Signal):
    """A signal with a name."""

    def __init__(self, name):
        super().__init__()
        self.name = name


class SignalHandler:
    """The signals are attributes of the class: no path that ends in a module's attribute leads to them."""

    course_published = SwitchedSignal("course_published")
    item_deleted = SwitchedSignal("item_deleted")

    def __init__(self, modulestore_class):
        self.modulestore_class = modulestore_class

    def send(self, signal_name, **kwargs):
        """A receiver that raises is logged, and stops nobody."""
        return getattr(type(self), signal_name).send_robust(sender=self.modulestore_class, **kwargs)


_STORE = MixedModuleStore()


def modulestore():
    """The one modulestore of the process."""
    return _STORE
