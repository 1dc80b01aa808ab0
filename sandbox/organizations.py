"""The two organizations that the sandbox comes with."""

ACME = "acme"
GLOBEX = "globex"
ORGANIZATIONS = (ACME, GLOBEX)
NAMES = {ACME: "Acme", GLOBEX: "Globex"}
