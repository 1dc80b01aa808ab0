"""Runs functions in child processes after a fork."""

import os
from collections.abc import Callable


def in_each_child(begin: Callable[[], None]) -> None:
    """Call ``begin`` in each child process, before anything else; on Windows no process forks."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=begin)
