"""A small SaaS on Django REST Framework, protected by access tokens of Logto."""
