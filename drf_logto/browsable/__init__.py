"""DRF's browsable API with a sign-in at Logto, and a switch between the three kinds of token."""
