"""What ``manage.py logto routes`` shows: who may do what."""
