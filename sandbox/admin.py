"""What staff see in Django's admin."""

from django.contrib import admin

from .models import Product

admin.site.register(Product)
