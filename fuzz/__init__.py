"""What comes from outside, mutated under the guidance of coverage: ``python -m fuzz``."""
