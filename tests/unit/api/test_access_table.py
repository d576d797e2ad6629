"""What each route asks of its caller, as the tables of the specification have it.

A route that is not written down here fails: somebody has to decide.
"""

from typing import Any

import pytest

from functions.api.access import Access, access, of_route
from functions.api.document import METHODS
from nightdesk.accounts.identity import Role
from nightdesk.accounts.limits import LimitClass
from tests.e2e.document import DOCUMENT

# P public; S session alone; R, T, A also an API token of that scope; adm the role; ^ step-up;
# K Idempotency-Key; early: before two-factor duty is met; password, cancel: what a forced change
# of the password and an account under deletion still open; secret: shown once; /class of limit.
TABLE = """
POST   /api/auth/register                       P
POST   /api/auth/login                          P
POST   /api/auth/refresh                        P
POST   /api/auth/logout                         S early /write
POST   /api/auth/logout-all                     S early /write
POST   /api/auth/step-up                        S early /write
POST   /api/auth/password/change                S early password /write
POST   /api/auth/password/forgot                P
POST   /api/auth/password/reset                 P
POST   /api/auth/email/verify                   P
GET    /api/auth/jwks.json                      P
POST   /api/auth/2fa/setup                      S ^ early secret /write
POST   /api/auth/2fa/confirm                    S ^ early secret /write
POST   /api/auth/2fa/disable                    S ^ early /write
POST   /api/auth/2fa/recovery-codes             S ^ early secret /write
GET    /api/auth/sessions                       S /read
DELETE /api/auth/sessions/{}                    S /write
GET    /api/tokens                              S /read
POST   /api/tokens                              S ^ K secret /write
DELETE /api/tokens/{}                           S /write
GET    /api/account                             R early /read
PATCH  /api/account                             S /write
POST   /api/account/export                      S ^ K /heavy
GET    /api/account/export/{}                   S /read
POST   /api/account/delete                      S ^ K /write
POST   /api/account/delete/cancel               S ^ early cancel /write
GET    /api/keys/providers                      P
GET    /api/keys                                R /read
POST   /api/keys/test                           S /probe
POST   /api/keys/{}                             S ^ K /write
GET    /api/keys/{}                             R /read
DELETE /api/keys/{}                             S ^ /write
GET    /api/audit                               R /read
POST   /api/audit/export                        S ^ K /heavy
GET    /api/system/emergency-stop               R /read
POST   /api/system/emergency-stop               T /safety
POST   /api/system/emergency-stop/resume        S ^ /write
GET    /api/admin/users                         A adm /admin
GET    /api/admin/users/{}                      A adm /admin
POST   /api/admin/users/{}/block                S adm ^ /admin
POST   /api/admin/users/{}/unblock              S adm ^ /admin
POST   /api/admin/users/{}/reset-password       S adm ^ secret /admin
POST   /api/admin/users/{}/logout               S adm ^ /admin
POST   /api/admin/users/{}/role                 S adm ^ /admin
POST   /api/admin/users/{}/limits               S adm ^ /admin
DELETE /api/admin/users/{}                      S adm ^ K /admin
GET    /api/admin/invitations                   S adm /admin
POST   /api/admin/invitations                   S adm ^ secret /admin
DELETE /api/admin/invitations/{}                S adm /admin
GET    /api/admin/bots                          A adm /admin
POST   /api/admin/bots/{}/mode                  S adm ^ /admin
POST   /api/admin/bots/{}/pause                 S adm ^ /admin
POST   /api/admin/bots/{}/resume                S adm ^ /admin
POST   /api/admin/bots/{}/restart               S adm ^ /admin
POST   /api/admin/bots/{}/exchange              S adm ^ /admin
GET    /api/admin/audit/events                  A adm /admin
POST   /api/admin/emergency-stop                S adm /safety
POST   /api/admin/emergency-stop/resume         S adm ^ /admin
GET    /api/admin/system-stats                  A adm /admin
GET    /api/admin/settings                      S adm /admin
PUT    /api/admin/settings/{}                   S adm ^ /admin
DELETE /api/admin/settings/{}                   S adm ^ /admin
GET    /api/health/live                         P
GET    /api/health/ready                        P
GET    /api/bots                                R /read
POST   /api/bots                                T K /trade
GET    /api/bots/profiles                       R /read
GET    /api/bots/limits                         R /read
POST   /api/bots/pause-all                      T /safety
POST   /api/bots/resume-all                     T /trade
GET    /api/bots/{}                             R /read
PATCH  /api/bots/{}                             T /write
DELETE /api/bots/{}                             T K /trade
GET    /api/bots/{}/history                     R /read
POST   /api/bots/{}/start                       T /trade
POST   /api/bots/{}/pause                       T /safety
POST   /api/bots/{}/resume                      T /trade
POST   /api/bots/{}/stop                        T /trade
POST   /api/bots/{}/mode                        T /trade
GET    /api/strategies                          R /read
POST   /api/strategies                          T /write
GET    /api/strategies/grammar                  R /read
POST   /api/strategies/validate                 R /write
GET    /api/strategies/{}                       R /read
PUT    /api/strategies/{}                       T /write
DELETE /api/strategies/{}                       T /write
GET    /api/strategies/{}/versions/{}           R /read
POST   /api/strategies/{}/signals               R /write
GET    /api/market/venues                       R /read
GET    /api/market/fees                         R /read
GET    /api/market/instruments                  R /read
GET    /api/market/instrument                   R /read
GET    /api/market/candles                      R /read
GET    /api/orders                              R /read
GET    /api/orders/{}                           R /read
GET    /api/positions                           R /read
GET    /api/positions/{}                        R /read
GET    /api/portfolio                           R /read
GET    /api/fills                               R /read
GET    /api/ledger                              R /read
GET    /api/ledger/verify                       R /read
GET    /api/decisions                           R /read
GET    /api/decisions/{}                        R /read
GET    /api/journal/trades                      R /read
POST   /api/journal/trades                      T /write
GET    /api/journal/trades/{}                   R /read
PATCH  /api/journal/trades/{}                   T /write
DELETE /api/journal/trades/{}                   T /write
POST   /api/journal/trades/{}/restore           T /write
POST   /api/journal/trades/{}/close             T /write
PUT    /api/journal/trades/{}/tags/{}           T /write
DELETE /api/journal/trades/{}/tags/{}           T /write
GET    /api/journal/trades/{}/candles           R /read
GET    /api/journal/cash                        R /read
POST   /api/journal/cash                        T /write
DELETE /api/journal/cash/{}                     T /write
GET    /api/journal/reconciliation              R /read
POST   /api/journal/sync                        T K /heavy
GET    /api/journal/sync                        R /read
GET    /api/journal/sync/{}                     R /read
GET    /api/journal/imports/presets             R /read
GET    /api/journal/imports/template.csv        R /read
GET    /api/journal/imports                     R /read
POST   /api/journal/imports                     T K /heavy
GET    /api/journal/imports/{}                  R /read
DELETE /api/journal/imports/{}                  T /write
POST   /api/journal/imports/{}/check            T /write
POST   /api/journal/imports/{}/commit           T K /write
GET    /api/journal/imports/{}/issues           R /read
GET    /api/journal/behaviour                   R /read
GET    /api/journal/behaviour/trades/{}         R /read
GET    /api/journal/behaviour/tilt              R /read
GET    /api/journal/behaviour/times             R /read
GET    /api/journal/behaviour/setups            R /read
GET    /api/journal/behaviour/detectors         R /read
PATCH  /api/journal/behaviour/detectors/{}      T /write
POST   /api/journal/behaviour/findings/{}/answer T /write
POST   /api/journal/exports                     T K /heavy
GET    /api/journal/exports                     R /read
GET    /api/journal/exports/trades.csv          R /read
GET    /api/journal/exports/{}                  R /read
DELETE /api/journal/exports/{}                  T /write
GET    /api/journal/reviews                     R /read
GET    /api/journal/reviews/{}/{}               R /read
POST   /api/journal/reviews/{}                  T K /ai
PATCH  /api/journal/reviews/week/{}/experiment  T /write
GET    /api/journal/entries                     R /read
POST   /api/journal/entries                     T /write
GET    /api/journal/entries/search              R /read
GET    /api/journal/entries/{}                  R /read
PUT    /api/journal/entries/{}                  T /write
DELETE /api/journal/entries/{}                  T /write
POST   /api/journal/entries/{}/screenshots      T /write
DELETE /api/journal/entries/{}/screenshots/{}   T /write
POST   /api/journal/entries/{}/insight          T /ai
GET    /api/journal/tags                        R /read
POST   /api/journal/tags                        T /write
PATCH  /api/journal/tags/{}                     T /write
DELETE /api/journal/tags/{}                     T /write
POST   /api/journal/tags/{}/merge               T /write
GET    /api/journal/plans                       R /read
GET    /api/journal/plans/{}                    R /read
PUT    /api/journal/plans/{}                    T /write
POST   /api/journal/plans/{}/lock               T /write
POST   /api/journal/plans/{}/note               T /write
GET    /api/journal/playbooks                   R /read
POST   /api/journal/playbooks                   T /write
GET    /api/journal/playbooks/{}                R /read
PUT    /api/journal/playbooks/{}                T /write
DELETE /api/journal/playbooks/{}                T /write
GET    /api/journal/playbooks/{}/stats          R /read
GET    /api/journal/metrics/saved               R /read
POST   /api/journal/metrics/saved               T /write
PUT    /api/journal/metrics/saved/{}            T /write
DELETE /api/journal/metrics/saved/{}            T /write
GET    /api/journal/analytics/metrics           R /read
GET    /api/journal/analytics/equity            R /read
GET    /api/journal/analytics/drawdowns         R /read
GET    /api/journal/analytics/calendar          R /read
GET    /api/journal/analytics/heatmap           R /read
GET    /api/journal/analytics/distribution      R /read
GET    /api/journal/analytics/rolling           R /read
GET    /api/journal/analytics/breakdown/{}      R /read
GET    /api/journal/analytics/compare           R /read
GET    /api/journal/analytics/exit-analysis     R /read
GET    /api/journal/settings                    R /read
PUT    /api/journal/settings                    T /write
"""
TOKENS = {"S": "never", "R": "read", "T": "trade", "A": "admin"}


def wanted(words: list[str]) -> dict[str, Any] | None:
    """Return the markers that a row of the table asks for; None for a public route."""
    auth, *marks = words
    if auth == "P":
        return None
    (limit,) = (mark[1:] for mark in marks if mark.startswith("/"))
    return Access(
        role=Role.ADMIN if "adm" in marks else Role.TRADER,
        once="K" in marks,
        secret="secret" in marks,
        token=TOKENS[auth],  # type: ignore[arg-type]
        elevated="^" in marks,
        limit=limit,
        open_early="early" in marks,
        changes_password="password" in marks,
        cancels_deletion="cancel" in marks,
    ).shown()


ROWS = {
    f"{method} {path}": wanted(words)
    for method, path, *words in (line.split() for line in TABLE.strip().splitlines())
}


def plain(path: str) -> str:
    """Return the path without the names of its parameters."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))


FOUND = {
    f"{method.upper()} {plain(path)}": operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if method in METHODS
}


@pytest.mark.parametrize("route", sorted(FOUND))
def test_route_asks_what_the_page_says(route: str) -> None:
    assert route in ROWS, "nobody has decided what this route asks of its caller"
    operation = FOUND[route]
    shown = operation["x-access"] if operation.get("security") else None
    assert shown == ROWS[route]


def test_every_class_of_limit_is_one() -> None:
    for operation in FOUND.values():
        if operation.get("security"):
            assert LimitClass(operation["x-access"]["limit"])


def test_what_is_left_out_is_settled_by_method_and_path() -> None:
    cases = {
        ("GET", "/api/x"): ("read", "read"),
        ("POST", "/api/x"): ("trade", "write"),
        ("DELETE", "/api/x"): ("trade", "write"),
        ("GET", "/api/admin/x"): ("admin", "admin"),
        ("POST", "/api/admin/x"): ("never", "admin"),
    }
    for (method, path), (token, limit) in cases.items():
        found = of_route(None, method, path)
        assert (found.token, found.limit) == (token, limit), (method, path)


def test_what_wants_step_up_is_never_opened_by_a_token() -> None:
    assert of_route(access(elevated=True), "GET", "/api/x").token == "never"
