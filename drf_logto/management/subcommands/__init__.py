"""The subcommands of ``manage.py logto``, a module each.

A module has its summary as its docstring, and

- ``NEEDS``: the application that must be in ``INSTALLED_APPS``;
- ``add_arguments(parser)``;
- ``run(command, options)``, which writes to ``command.stdout`` and raises CommandError.
"""

FAILED = 1
"""Exit code where the cache or Logto cannot be used."""

USAGE = 2
"""Exit code where the arguments or the settings cannot work."""

FOUND = 3
"""Exit code where a command has looked, and something is not as it should be."""
