"""What a request costs with drf_logto and with its peers: ``python -m benchmarks``."""
