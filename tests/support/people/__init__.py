"""An application with user models as projects have them."""
