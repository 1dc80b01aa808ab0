"""What semantic versioning covers: the public names."""

import importlib
import importlib.metadata
from pathlib import Path

import pytest

import drf_logto
from drf_logto import exceptions

NAMES = {
    "drf_logto": ["__version__", "averify", "get_auth", "verify"],
    "drf_logto.audit": ["JsonFormatter"],
    "drf_logto.auth_info": ["AuthInfo", "TokenKind"],
    "drf_logto.authentication": ["LogtoJWTAuthentication"],
    "drf_logto.browsable.authentication": ["LogtoSessionAuthentication"],
    "drf_logto.decorators": ["require_access_token"],
    "drf_logto.middleware": ["LogtoMiddleware"],
    "drf_logto.openapi": ["AutoSchema", "LogtoJWTAuthenticationScheme"],
    "drf_logto.outgoing": [
        *("MachineTokenRefused", "amachine_token", "drop_machine_token", "machine_token"),
    ],
    "drf_logto.outgoing.httpx": ["HttpxAuth"],
    "drf_logto.outgoing.requests": ["RequestsAuth"],
    "drf_logto.permissions": [
        *("FromClients", "HasClaim", "HasScopes", "InOrganization"),
        *("IsDelegated", "IsMachine", "IsUser", "OrgResourceScopes", "OwnedByUser"),
    ],
    "drf_logto.principal": ["LogtoPrincipal"],
    "drf_logto.revocation": ["revoke"],
    "drf_logto.signals": [
        "access_granted",
        "access_refused",
        "access_revoked",
        "event_received",
        "identity_created",
        "signed_in",
    ],
    "drf_logto.telemetry": ["Snapshot", "snapshot"],
    "drf_logto.tenancy": [
        *("ClientRateThrottle", "CurrentOrganization", "Header", "Host"),
        *("OrganizationFilterBackend", "OrganizationRateThrottle", "OrganizationRelatedField"),
        *("OrganizationRelatedMixin", "SlugMap", "SubjectRateThrottle", "UrlKeyword"),
        *("current_organization", "organization_rows"),
    ],
    "drf_logto.testing.audit": ["AuditReport", "Finding", "Row", "audit"],
    "drf_logto.testing": ["ABSENT", "Logto", "ManagementApi", "TokenOptions"],
    "drf_logto.users": ["AlreadyLinked", "link"],
    "drf_logto.users.admin_config": ["LogtoAdminConfig"],
    "drf_logto.users.admin_site": ["LogtoAdminMixin", "LogtoAdminSite"],
    "drf_logto.users.authentication": ["LogtoUserAuthentication"],
    "drf_logto.users.backends": ["LogtoBackend"],
    "drf_logto.users.models": ["LogtoIdentity"],
}

OF_THE_PACKAGE = ["drf_logto.checks", "drf_logto.conf", "drf_logto.operations"]
"""Export names to other modules of the package only."""


def test_a_module_that_exports_names_is_public_or_known_not_to_be() -> None:
    folder = Path(drf_logto.__file__).parent
    exporting = [
        ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in folder.rglob("*.py")
        if "\n__all__ = " in path.read_text("utf-8")
    ]
    assert sorted(exporting) == sorted([*NAMES, exceptions.__name__, *OF_THE_PACKAGE])


@pytest.mark.parametrize("module", NAMES)
def test_a_public_module_has_these_names(module: str) -> None:
    assert sorted(importlib.import_module(module).__all__) == NAMES[module]


def test_every_refusal_is_public() -> None:
    defined = [
        name
        for name, one in vars(exceptions).items()
        if isinstance(one, type) and issubclass(one, exceptions.LogtoError)
    ]
    assert sorted(exceptions.__all__) == sorted(defined)
    named = {getattr(exceptions, name).__module__ for name in exceptions.__all__}
    assert named == {exceptions.__name__}  # as reports and pickles name them


def test_the_version_is_that_of_the_distribution() -> None:
    assert drf_logto.__version__ == importlib.metadata.version("drf-logto-auth")
