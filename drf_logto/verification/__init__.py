"""From a compact JWS to AuthInfo; imports neither Django nor Django REST Framework."""
