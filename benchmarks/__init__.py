"""Benchmarks of drf_logto beside other packages: ``python -m benchmarks``."""
