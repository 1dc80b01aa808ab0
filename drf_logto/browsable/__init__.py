"""Sign-in with Logto for DRF's browsable API, and a choice of the token to make requests with."""
