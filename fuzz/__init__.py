"""The properties of tests/test_properties.py under the guidance of coverage: ``python -m fuzz``."""
