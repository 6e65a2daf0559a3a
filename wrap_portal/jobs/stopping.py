"""How a long job learns that its process is to end: it looks here between two pieces of work."""

import threading

# A process has one clock, and signals come to the process.
_stopping = threading.Event()


def request_stop() -> None:
    """Ask running jobs of this process to end after the piece of work that they are at."""
    _stopping.set()


def stop_requested() -> bool:
    """True once a stop was requested."""
    return _stopping.is_set()
