"""One transaction in the making, and what it means when a part of it is refused."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import sleep
from typing import Any

from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from nightdesk.adapters.dynamo.connection import connection
from nightdesk.adapters.dynamo.queries import PAUSES
from nightdesk.adapters.dynamo.tables import DeskItem, Item
from nightdesk.core.errors import Fault, StaleWrite

_FAILED = "ConditionalCheckFailed"
_CONFLICT = "TransactionConflict"
_NO_ROOM = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})


class Overtaken(StaleWrite):
    """Another writer was faster, or is writing this very item at the moment."""


@dataclass(slots=True)
class Write:
    """One transaction in the making: each part with what it means when its condition fails."""

    parts: dict[str, list[tuple[dict[str, Any], Fault]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def put(self, item: Item, condition: Condition | None, otherwise: Fault) -> None:
        """Write an item."""
        self._add("put", item.get_save_kwargs_from_instance(condition), otherwise)

    def delete(self, item: Item, condition: Condition | None, otherwise: Fault) -> None:
        """Remove an item."""
        self._add("delete", item.get_delete_kwargs_from_instance(condition), otherwise)

    def update(
        self, item: Item, actions: Sequence[Action], condition: Condition | None, otherwise: Fault
    ) -> None:
        """Change an item in place."""
        request = item.get_update_kwargs_from_instance(actions=list(actions), condition=condition)
        self._add("update", request, otherwise)

    def check(self, item: DeskItem, condition: Condition, otherwise: Fault) -> None:
        """Demand something of an item that is not written."""
        request = type(item).get_operation_kwargs_from_class(item.pk, item.sk, condition=condition)
        self._add("check", request, otherwise)

    def commit(self) -> None:
        """Write all of it, or raise what the first failed condition means.

        What is throttled is tried again for a while: botocore does so for all but transactions.
        """
        # Reasons come in the order in which PynamoDB sends the parts.
        order = ("check", "delete", "put", "update")
        checks, deletes, puts, updates = ([one for one, _ in self.parts[kind]] for kind in order)
        meanings = [fault for kind in order for _, fault in self.parts[kind]]
        pauses = iter(PAUSES)
        while True:
            try:
                connection().transact_write_items(checks, deletes, puts, updates)
            except TransactWriteError as error:
                _raise_meaning(error, meanings)
                pause = next(pauses, None) if _throttled(error) else None
                if pause is None:
                    raise
                sleep(pause)
            else:
                return

    def _add(self, kind: str, request: dict[str, Any], otherwise: Fault) -> None:
        self.parts[kind].append((request, otherwise))


def _raise_meaning(error: TransactWriteError, meanings: Sequence[Fault]) -> None:
    for reason, fault in zip(error.cancellation_reasons, meanings, strict=False):
        meant = {_FAILED, _CONFLICT} if isinstance(fault, Overtaken) else {_FAILED}
        if reason is not None and reason.code in meant:
            raise fault from error


def _throttled(error: TransactWriteError) -> bool:
    return any(
        reason is not None and reason.code in _NO_ROOM for reason in error.cancellation_reasons
    )
