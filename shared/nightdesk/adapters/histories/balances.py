"""Balances as venues tell them: under many names of one asset, in several wallets."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from nightdesk.core.errors import VenueUnavailable
from nightdesk.core.money import ZERO
from nightdesk.journal.importing.issue import BadRow
from nightdesk.journal.importing.numbers import POINT, number
from nightdesk.journal.importing.pairs import asset


def summed(told: Iterable[tuple[str, object]]) -> Mapping[str, Decimal]:
    """Return what there is of each asset, by our name of it; zeros are left out.

    An asset that no name of ours can hold is left out. Raises VenueUnavailable for an amount that
    cannot be read: half an answer is none.
    """
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for name, amount in told:
        try:
            code = asset(name)
        except BadRow:
            continue
        try:
            sums[code] += number(str(amount), "balance", POINT)
        except BadRow as bad:
            raise VenueUnavailable("a balance cannot be read") from bad
    return {code: amount for code, amount in sorted(sums.items()) if amount}
