"""Where a request names its organization."""
