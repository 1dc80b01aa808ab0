"""The Django application of revocation."""

from django.apps import AppConfig


class RevocationConfig(AppConfig):
    """Lets the verifier refuse revoked tokens; registers the checks."""

    name = "drf_logto.revocation"
    label = "drf_logto_revocation"
    verbose_name = "Logto revocation"

    def ready(self) -> None:
        """Keep revocations in this process and its children."""
        from ..runtime import keep_revocations  # noqa: PLC0415 - the settings can be read now
        from . import checks  # noqa: F401,PLC0415 - importing registers them
        from .process import revocation_list  # noqa: PLC0415

        keep_revocations(revocation_list)
