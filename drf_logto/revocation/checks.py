"""System checks of revocation."""
