"""Plans of days, and the journal's settings, in the desk table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.accounts import found_at
from nightdesk.adapters.dynamo.attributes import IntegerAttribute
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import LAST, page
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page
from nightdesk.journal.plan import SessionPlan
from nightdesk.journal.preferences import Preferences


class PlanItem(Body, DeskItem, discriminator="JPLAN"):
    """The plan of one day."""

    privacy = destroyed("journal_plans")

    version = IntegerAttribute()

    @classmethod
    def from_domain(cls, plan: SessionPlan) -> Self:
        """Build the row that follows the version in `plan`."""
        item = cls(keys.owner(plan.owner), keys.day_plan(plan.day), version=plan.version + 1)
        item.hold(plan, without=frozenset({"owner", "day", "version"}))
        return item

    def to_domain(self) -> SessionPlan:
        """Build the noun, checked again."""
        return self.held(
            SessionPlan,
            owner=UserId(self.pk.removeprefix("U#")),
            day=date.fromisoformat(self.sk.removeprefix(keys.PLANS)),
            version=self.version,
        )


class JournalSettingsItem(Body, DeskItem, discriminator="JSET"):
    """What an owner set for the journal."""

    privacy = destroyed("journal_settings")

    version = IntegerAttribute()

    @classmethod
    def from_domain(cls, preferences: Preferences) -> Self:
        """Build the row that follows the version in `preferences`."""
        partition, version = keys.owner(preferences.owner), preferences.version + 1
        item = cls(partition, keys.JOURNAL_SETTINGS, version=version)
        item.hold(preferences, without=frozenset({"owner", "version"}))
        return item

    def to_domain(self) -> Preferences:
        """Build the noun, checked again."""
        owner = UserId(self.pk.removeprefix("U#"))
        return self.held(Preferences, owner=owner, version=self.version)


@dataclass(frozen=True, slots=True)
class DynamoPlans:
    """The port Plans."""

    def get(self, owner: UserId, day: date) -> SessionPlan | None:
        """Return one, read consistently, or None."""
        found = found_at(PlanItem, keys.owner(owner), keys.day_plan(day))
        return found.to_domain() if found else None

    @translated()
    def save(self, plan: SessionPlan) -> SessionPlan:
        """Store it and return it with its new version. Raises StaleWrite."""
        absent = DeskItem.pk.does_not_exist()
        unmoved = PlanItem.version == plan.version if plan.version else absent
        PlanItem.from_domain(plan).save(condition=unmoved)
        return replace(plan, version=plan.version + 1)

    @translated()
    def page(
        self,
        owner: UserId,
        since: date | None,
        until: date | None,
        *,
        limit: int,
        after: str | None,
    ) -> Page[SessionPlan]:
        """Return plans with ``since <= day <= until``, newest first."""
        items, more = page(
            PlanItem,
            keys.owner(owner),
            keys.day_plan(since) if since else keys.PLANS,
            keys.day_plan(until) if until else keys.PLANS + LAST,
            limit=limit,
            after=after,
            newest_first=True,
        )
        plans: Sequence[SessionPlan] = [item.to_domain() for item in items]
        return Page(plans, more)


@dataclass(frozen=True, slots=True)
class DynamoPreferences:
    """The port PreferencesStore."""

    def get(self, owner: UserId) -> Preferences:
        """Return them; as they are by themselves where nothing is stored."""
        found = found_at(JournalSettingsItem, keys.owner(owner), keys.JOURNAL_SETTINGS)
        return found.to_domain() if found else Preferences(owner=owner)

    @translated()
    def save(self, preferences: Preferences) -> Preferences:
        """Store them and return them with their new version. Raises StaleWrite."""
        version = preferences.version
        absent = DeskItem.pk.does_not_exist()
        unmoved = JournalSettingsItem.version == version if version else absent
        JournalSettingsItem.from_domain(preferences).save(condition=unmoved)
        return replace(preferences, version=version + 1)
