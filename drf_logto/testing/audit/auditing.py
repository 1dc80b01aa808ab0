"""Audits every operation of the project's routes."""

from collections.abc import Collection, Iterable, Iterator, Mapping

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
from .attempts import Attempts
from .bearers import Tokens
from .bodies import Body
from .crossing import CrossingAudit
from .expectations import source_of
from .isolation import quiet, require_test
from .paths import filled_somehow, name_organization
from .report import AuditReport, Finding
from .requests import Asked
from .subjects import Pair, Subjects

_ORGANIZATIONS = ("audit-a", "audit-b")


def audit(
    objects: Mapping[str, Pair] | None = None,
    *,
    organizations: tuple[str, str] | None = None,
    bodies: Mapping[str, tuple[Body, Body]] | None = None,
    path: str = "/",
    public: Collection[str] = (),
    user: str = "user-1",
    machine: str = "audit-machine",
) -> AuditReport:
    """Ask for each operation of the project's routes with every kind of token, and report.

    With objects, also ask with tokens of the first organization for what the second one has.
    Nothing of it stays: transactions are rolled back, and the caches are others for the time.

    Args:
        objects: by a name, an object of either organization.
        organizations: the ids of the organizations in Logto; those of the objects unless given.
        bodies: by method and path as in ``"POST /pages/"``, the body of either organization.
        path: only operations whose path begins with it.
        public: the paths of operations that are open on purpose, as the report writes them.
        user: the subject of users' tokens.
        machine: the application whose tokens are no user's.

    Raises:
        ImproperlyConfigured: the setting ``LOGTO`` cannot work.
        RuntimeError: this is no test.
        ValueError: the objects are not pairs, or nothing says which organizations they are of.
    """
    require_test()
    report, subjects = AuditReport(), Subjects(objects or {})
    ids = organizations or (subjects.organizations() if objects else _ORGANIZATIONS)
    if ids is None:
        raise ValueError("No object has an organization: write organizations=('…', '…').")
    with override(settings.LANGUAGE_CODE), quiet(), Logto() as logto:
        tokens, every = Tokens(logto, user=user, machine=machine), [*all_operations()]
        scopes = needed_organization_scopes().union(*needed_scopes().values())
        access = AccessAudit(report, tokens, scopes=scopes, organizations=ids, public=public)
        crossing = objects and CrossingAudit(
            report,
            tokens,
            subjects=subjects,
            organizations=ids,
            operations=every,
            given=bodies or {},
        )
        for operation in _selected(every, path):
            if operation.method == ANY_METHOD:
                text = "neither REST Framework nor this package guards it."
                report.not_audited.append(_not_audited(operation, text))
                continue
            tried = crossing.attempts(operation) if crossing else ""
            asked = tried.own if isinstance(tried, Attempts) else _asked(operation, ids[0])
            if asked is None:
                text = "no value is known for the keywords of its path."
                report.not_audited.append(_not_audited(operation, text))
                continue
            admitted = access.audit(operation, asked)
            if crossing:
                crossing.audit(operation, tried, admitted)
    return report


def _selected(every: Iterable[Operation], prefix: str) -> Iterator[Operation]:
    """Those without a format in the path, such as ``.json``."""
    keyword = f"{{{api_settings.FORMAT_SUFFIX_KWARG}}}"
    shown = [one for one in every if one.path.startswith(prefix)]
    plain = {id(one.route.callback) for one in shown if keyword not in one.path}
    for one in shown:
        if keyword not in one.path or id(one.route.callback) not in plain:
            yield one


def _asked(operation: Operation, organization: str) -> Asked | None:
    keywords, headers = name_organization(source_of(operation), organization)
    path = filled_somehow(operation, keywords)
    return Asked(method=operation.method, path=path, headers=headers) if path else None


def _not_audited(operation: Operation, text: str) -> Finding:
    method = "any method" if operation.method == ANY_METHOD else operation.method
    return Finding(method=method, path=operation.path, text=text)
