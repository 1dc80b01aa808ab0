"""Fetches the signing keys of one issuer; counts attempts, and logs outages and their causes."""

import time
from collections.abc import Callable, Collection, Mapping

from .. import telemetry
from ..exceptions import AuthorizationServerUnavailable
from .fetch import Fetch
from .jwk import SigningKey
from .key_set import KeyRequest, KeyResponse
from .metadata import discover_jwks_uri


class RemoteKeys:
    """A source of keys that asks Logto itself.

    Args:
        address: where Logto is asked, without a trailing slash.
        issuers: the issuers that may answer there.
        fetch: gets a JSON document.
        timeout: seconds for one document.
        parse: reads a JWK Set into keys by ``kid``.
        now: the clock, in seconds since the epoch.
    """

    def __init__(
        self,
        address: str,
        issuers: Collection[str],
        *,
        fetch: Fetch,
        timeout: float,
        parse: Callable[[object], Mapping[str, SigningKey]],
        now: Callable[[], float],
    ) -> None:
        self._address = address
        self._issuers = issuers
        self._fetch = fetch
        self._timeout = timeout
        self._parse = parse
        self._now = now
        self._fault: str | None = None  # of the last fetch

    def __call__(self, request: KeyRequest) -> KeyResponse:
        """Return the JWK Set that Logto publishes now.

        Raises:
            AuthorizationServerUnavailable: Logto gave no usable answer.
        """
        started = time.monotonic()
        try:
            response = self._ask()
        except AuthorizationServerUnavailable as unavailable:
            telemetry.count_fetch(time.monotonic() - started, failed=True)
            reason = unavailable.reason
            if reason != self._fault:
                telemetry.logger.warning("No keys from Logto at %s: %s.", self._address, reason)
            self._fault = reason
            raise
        telemetry.count_fetch(time.monotonic() - started, failed=False)
        if self._fault is not None:
            telemetry.logger.warning("Logto at %s can be reached again.", self._address)
        self._fault = None
        return response

    def _ask(self) -> KeyResponse:
        asked_at = self._now()
        uri = discover_jwks_uri(
            self._address, self._issuers, fetch=self._fetch, timeout=self._timeout
        )
        document = self._fetch(uri, self._timeout)
        keys = self._parse(document)
        if not keys:
            raise AuthorizationServerUnavailable("the JWK Set holds no usable key")
        return KeyResponse(document, keys, asked_at)
