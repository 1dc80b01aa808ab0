"""Logto access tokens for Django REST Framework: authentication and permission classes."""

__all__ = ["__version__"]

__version__ = "0.1.0"
