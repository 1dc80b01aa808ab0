"""Permissions composed by ``&``, ``|`` and ``~``: evaluated for a request, or read before one."""
