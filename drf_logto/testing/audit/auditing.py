"""Audits every operation of the project's routes."""

from collections.abc import Collection, Iterator

from django.conf import settings
from django.utils.translation import override
from rest_framework.settings import api_settings

from ...operations import (
    ANY_METHOD,
    Operation,
    all_operations,
    needed_organization_scopes,
    needed_scopes,
)
from ..logto import Logto
from .access import AccessAudit
from .bearers import Tokens
from .expectations import source_of
from .isolation import quiet
from .paths import filled_somehow, name_organization
from .report import AuditReport, Finding
from .requests import Asked

_ORGANIZATIONS = ("audit-a", "audit-b")


def audit(
    *,
    organizations: tuple[str, str] = _ORGANIZATIONS,
    path: str = "/",
    public: Collection[str] = (),
    user: str = "user-1",
    machine: str = "audit-machine",
) -> AuditReport:
    """Ask for each operation of the project's routes with every kind of token, and report.

    Nothing of it stays: transactions are rolled back, and the caches are others for the time.

    Args:
        organizations: the ids of two organizations.
        path: only operations whose path begins with it.
        public: the paths of operations that are open on purpose, as the report writes them.
        user: the subject of users' tokens.
        machine: the application whose tokens are no user's.

    Raises:
        ImproperlyConfigured: the setting ``LOGTO`` cannot work.
    """
    report = AuditReport()
    with override(settings.LANGUAGE_CODE), quiet(), Logto() as logto:
        access = AccessAudit(
            report,
            Tokens(logto, user=user, machine=machine),
            scopes=needed_organization_scopes().union(*needed_scopes().values()),
            organizations=organizations,
            public=public,
        )
        for operation in _operations(path):
            asked = _asked(operation, organizations[0])
            if isinstance(asked, Finding):
                report.not_audited.append(asked)
            else:
                access.audit(operation, asked)
    return report


def _operations(prefix: str) -> Iterator[Operation]:
    """Those without a format in the path, such as ``.json``."""
    keyword = f"{{{api_settings.FORMAT_SUFFIX_KWARG}}}"
    every = [one for one in all_operations() if one.path.startswith(prefix)]
    plain = {id(one.route.callback) for one in every if keyword not in one.path}
    for one in every:
        if keyword not in one.path or id(one.route.callback) not in plain:
            yield one


def _asked(operation: Operation, organization: str) -> Asked | Finding:
    if operation.method == ANY_METHOD:
        return _not_audited(operation, "neither REST Framework nor this package guards it.")
    keywords, headers = name_organization(source_of(operation), organization)
    path = filled_somehow(operation, keywords)
    if path is None:
        return _not_audited(operation, "no value is known for the keywords of its path.")
    return Asked(method=operation.method, path=path, headers=headers)


def _not_audited(operation: Operation, text: str) -> Finding:
    method = "any method" if operation.method == ANY_METHOD else operation.method
    return Finding(method=method, path=operation.path, text=text)
