"""Requests to other APIs."""
