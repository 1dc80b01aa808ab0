"""What ``permission_classes`` declare, as far as it can be read without a request's token."""
