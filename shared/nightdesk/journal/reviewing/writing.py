"""Word a review: a model may, under the check; the rules' text stands wherever it fails."""

from collections.abc import Mapping, Sequence

from nightdesk.core.money import ZERO
from nightdesk.journal.finding import Json
from nightdesk.journal.ports.reviews import Draft, ReviewWriter
from nightdesk.journal.review import TextSource, Wording
from nightdesk.journal.reviewing.checking import fault_of
from nightdesk.journal.reviewing.rules_text import rules_text

DRAFTS = 2
"""The first, and one more with its fault named."""


def worded(writer: ReviewWriter, numbers: Mapping[str, Json], notes: Sequence[str]) -> Wording:
    """Return the text of a review. A quiet period is not worth a model's price."""
    cost, refused = ZERO, list[str]()
    while not numbers["quiet"] and len(refused) < DRAFTS:
        draft = writer(numbers, notes, fault=refused[-1] if refused else None)
        if draft is None:
            break
        cost += draft.cost
        fault = fault_of(draft.text, numbers)
        if fault is None:
            return Wording(
                text=draft.text,
                source=TextSource.MODEL,
                model=draft.model,
                prompt_hash=draft.prompt_hash,
                cost=cost,
                refused=tuple(refused),
            )
        refused.append(fault)
    return Wording(
        text=rules_text(numbers), source=TextSource.RULES, cost=cost, refused=tuple(refused)
    )


class RulesWriter:
    """The port ReviewWriter where no model is configured: no draft, so the rules' text stands."""

    def __call__(
        self, numbers: Mapping[str, Json], notes: Sequence[str], *, fault: str | None = None
    ) -> Draft | None:
        """Return None."""
        del numbers, notes, fault
        return None
