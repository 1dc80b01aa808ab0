"""Explains a token: what every rule says of it, and which operations it opens."""
