"""The page of identities in Django's admin site, to look at."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest

from .models import LogtoIdentity


@admin.register(LogtoIdentity)
class LogtoIdentityAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # none at run time
    """Finds identities by subject and user; nothing can be changed.

    A subject that gets another user has that user's data from then on, and one whose identity is
    deleted gets a new user. Neither must happen by a slip of the hand.
    """

    list_display = ("subject", "user", "issuer", "last_seen_at", "deactivated_at")
    list_filter = (
        "issuer",
        "last_seen_at",
        ("deactivated_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    show_full_result_count = False

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        model: Any = get_user_model()
        return "subject", f"user__{model.USERNAME_FIELD}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let whoever may do so delete a user with the identities, and nobody an identity alone."""
        page = request.resolver_match.url_name if request.resolver_match else ""
        is_own_page = str(page).startswith(f"{self.opts.app_label}_{self.opts.model_name}")
        return not is_own_page and super().has_delete_permission(request, obj)
