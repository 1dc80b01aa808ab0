"""What to do if Logto cannot be reached, for each cause that a fetch names."""

_TRUST = (
    "This machine does not trust whoever issued the certificate. If it is an authority of your "
    "own, set the environment variable SSL_CERT_FILE to a file with its certificate and those of "
    "the public authorities. The verification cannot be switched off."
)
_SERVER = "Check host, port and path in {setting}: something else than Logto answers there."
_REFUSES = (
    "Check host and port in {setting}, and whether Logto runs. In a container, localhost is the "
    "container itself: use INTERNAL_ENDPOINT."
)
_TIMED_OUT = (
    "Check whether a firewall drops connections from this machine to Logto. If Logto is slow, "
    "raise LOGTO['HTTP_TIMEOUT']."
)

# Parts of the sentences of verification/fetch_causes.py and metadata.py; the first one counts.
_REMEDIES = (
    ("through the proxy", "Check the proxy, or name the host of {setting} in NO_PROXY."),
    ("it may be a port for https", "Write https in {setting}, or the port for http."),
    ("it may be a port for http", "Write http in {setting}, or the port for https."),
    (
        "cannot be resolved",
        "Check the host in {setting}, and the DNS of this machine or container.",
    ),
    (
        "refuses the connection",
        _REFUSES,
    ),
    ("mismatch", "Write the host in {setting} that the certificate is for, or have it reissued."),
    ("has expired", "Renew the certificate, and check the clock of this machine."),
    ("not yet valid", "Check the clock of this machine."),
    ("is not trusted", _TRUST),
    (
        "timed out",
        _TIMED_OUT,
    ),
    ("redirects are not followed", "Write in {setting} the address that it redirects to."),
    ("HTTP status 404", _SERVER),
    ("no JSON", _SERVER),
    ("does not speak HTTP", _SERVER),
)
_OTHERWISE = "Check {setting}, the network, and whether Logto works."


def remedy_for(reason: str, setting: str) -> str:
    """Return what to do.

    Args:
        reason: the cause, as ``AuthorizationServerUnavailable`` names it.
        setting: the one with the address.
    """
    remedy = next((one for part, one in _REMEDIES if part in reason), _OTHERWISE)
    return remedy.format(setting=setting)
