"""Stores of sessions that a project may have made."""
