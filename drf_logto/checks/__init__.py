"""The system checks of the settings and of what the project's routes declare.

Importing registers them.
"""

from . import (
    authentication,
    declarations,
    middleware,
    organizations,
    routes,
    settings,
    spelling,
)

__all__ = [
    "authentication",
    "declarations",
    "middleware",
    "organizations",
    "routes",
    "settings",
    "spelling",
]
