"""Throttles per organization, client and subject of the access token."""

from hashlib import sha256
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from ..auth_info import AuthInfo


class _TokenRateThrottle(SimpleRateThrottle):
    """Counts the requests of those whose tokens have one claim in common, at one issuer."""

    attribute: ClassVar[str]
    num_requests: int

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """Return under which name requests are counted, None for those that are not."""
        auth: Any = request.auth
        named = getattr(auth, self.attribute) if isinstance(auth, AuthInfo) else None
        if named is None:
            return None
        # Not every cache takes what a claim may hold.
        ident = sha256(f"{auth.issuer} {named}".encode()).hexdigest()
        return self.cache_format % {"scope": self.scope, "ident": ident}

    def wait(self) -> float | None:
        """Return after how many seconds a request is admitted again."""
        # REST Framework gives no answer where more were admitted than the rate, as at a time.
        self.history = self.history[: self.num_requests]
        return super().wait()


class OrganizationRateThrottle(_TokenRateThrottle):
    """Limits the requests of one organization; a global token has none and is not counted.

    The rate is that of ``organization`` in ``DEFAULT_THROTTLE_RATES``. For several rates derive
    classes with a ``scope`` of their own.
    """

    scope = "organization"
    attribute = "organization_id"


class ClientRateThrottle(_TokenRateThrottle):
    """Limits the requests of one application, ``client``."""

    scope = "client"
    attribute = "client_id"


class SubjectRateThrottle(_TokenRateThrottle):
    """Limits the requests of one user or machine, ``subject``."""

    scope = "subject"
    attribute = "sub"
