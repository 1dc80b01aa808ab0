"""Facts about access to the Management API, which tells what the tenant has."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from ...outgoing.management_api import ManagementApiRefused, management_api_resource
from .examination import Examination
from .facts import Fact, Group
from .findings import Finding, error, ok

_WRONG_TARGET = "invalid_target"


def _management_api(examination: Examination, _subject: str) -> Iterator[Finding]:
    api, settings = examination.api, examination.settings
    try:
        api.get_list("/resources", page=1, page_size=1)
    except ManagementApiRefused as refused:
        if refused.code != _WRONG_TARGET or settings.management_api_resource is not None:
            raise
        hosts = ", ".join(urlsplit(one).netloc for one in settings.endpoint)
        yield error(
            f"Logto at {hosts} has no API {management_api_resource(settings)}: {refused}",
            "With a custom domain of Logto Cloud, it is 'https://<tenant id>.logto.app/api'.",
        )
    else:
        yield ok(f"Logto lets {settings.management_app_id} use the Management API.")


GROUP = Group("Management API", (Fact("management API", _management_api, ("endpoints",)),))
