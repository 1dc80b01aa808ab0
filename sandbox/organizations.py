"""The two organizations of the sandbox."""

ACME = "acme"
GLOBEX = "globex"
ORGANIZATIONS = (ACME, GLOBEX)
NAMES = {ACME: "Acme", GLOBEX: "Globex"}
