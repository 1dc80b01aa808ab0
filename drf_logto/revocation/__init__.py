"""Refuses tokens of those whose access was taken away in Logto."""
