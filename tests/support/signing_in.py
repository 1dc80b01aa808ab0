"""Processes that send the first token of a subject, all at once.

Arguments: how many; and whether each is within a transaction. It says how many users, identities
and memberships of groups there are then, how many users the processes have seen, and how many
processes failed.
"""

import os
import sys
import traceback
from typing import Any

from tests.support import served  # noqa: F401 - it sets Django up


def main(processes: int, is_atomic: bool) -> None:
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.db import connection

    from drf_logto.users.models import LogtoIdentity

    call_command("migrate", verbosity=0)
    connection.close()
    begin, let_begin = os.pipe()
    result, report = os.pipe()
    children = [_in_a_process(begin, report, is_atomic) for _each in range(processes)]
    os.write(let_begin, b"." * processes)
    failed = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    os.close(report)
    with os.fdopen(result) as lines:
        seen = set(lines)
    models = User, LogtoIdentity, User.groups.through
    counts = [model.objects.count() for model in models]
    sys.stdout.write(f"{(*counts, len(seen), sum(failed))}\n")


def _in_a_process(begin: int, report: int, is_atomic: bool) -> int:
    pid = os.fork()
    if not pid:
        try:
            os.read(begin, 1)
            os.write(report, f"{_user(is_atomic).username}\n".encode())
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    return pid


def _user(is_atomic: bool) -> Any:
    from contextlib import nullcontext

    from django.db import transaction

    from drf_logto.users.authentication import LogtoUserAuthentication
    from tests.support.auth import auth_info

    with transaction.atomic() if is_atomic else nullcontext():
        return LogtoUserAuthentication().get_user(auth_info(sub="ada"))


main(int(sys.argv[1]), sys.argv[2] == "atomic")
