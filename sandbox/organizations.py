"""The two organizations of the sandbox."""

ACME = "acme"
GLOBEX = "globex"
NAMES = {ACME: "Acme", GLOBEX: "Globex"}
