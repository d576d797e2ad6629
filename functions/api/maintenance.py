"""A desk that is closed for writes: whoever asks to change something is told to come back."""

from fastapi import Request

from functions.api.access import ADMIN_PATHS, Access
from functions.api.errors import HttpRefusal
from nightdesk.accounts.ports import RuntimeSettings
from nightdesk.accounts.setting import MAINTENANCE, MAINTENANCE_MESSAGE, Maintenance

RETRY_SECONDS = 60
SIGNING = "/api/auth/"
"""Who may lift the maintenance must be able to sign in and to step up."""

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def check(request: Request, wanted: Access, settings: RuntimeSettings) -> None:
    """Refuse a write while the desk is read-only. Raises HttpRefusal 503 `MAINTENANCE`.

    What makes trading safer passes, and what administrators do. Nothing is read for a GET.
    """
    path = request.url.path
    if request.method in _READS or wanted.limit in {"safety", "admin"}:
        return
    if path.startswith((ADMIN_PATHS, SIGNING)):
        return
    if settings.get(MAINTENANCE) == Maintenance.API_READ_ONLY:
        message = settings.get(MAINTENANCE_MESSAGE) or "The desk is read-only for a while."
        raise HttpRefusal(503, "MAINTENANCE", str(message), retry_after=RETRY_SECONDS)
