"""Fuzzes the properties of tests/test_properties.py: ``python -m fuzz``."""
