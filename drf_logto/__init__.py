"""Logto access tokens for Django REST Framework: authentication and permission classes."""
