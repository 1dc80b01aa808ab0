"""Protected resource metadata (RFC 9728), by which clients find Logto."""
