"""Users for administrators: listed by one query, read by batches."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nightdesk.accounts.directory import Account, Listed
from nightdesk.accounts.identity import Profile, Security
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.accounts import ProfileItem, SecurityItem
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.listed import UserItem
from nightdesk.adapters.dynamo.queries import LAST, batch, every
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.ids import UserId


@dataclass(frozen=True, slots=True)
class DynamoDirectory:
    """The port Directory."""

    def since(self, after: UserId | None) -> Iterator[Listed]:
        """Yield the users after this id; a page of the table is read when it is reached."""
        low = keys.user(after) + " " if after else keys.USERS
        with translated():
            for item in every(UserItem, keys.SYSTEM, low, keys.USERS + LAST, consistent=True):
                yield item.to_domain()

    @translated()
    def accounts(self, owners: Sequence[UserId]) -> Mapping[UserId, Account]:
        """Return both records of each that is there."""
        profiles: dict[UserId, Profile] = {}
        records: dict[UserId, Security] = {}
        wanted = [(keys.owner(one), sk) for one in owners for sk in (keys.PROFILE, keys.SECURITY)]
        for item in batch(DeskItem, wanted, consistent=True):
            if isinstance(item, ProfileItem):
                profiles[UserId(item.owner)] = item.to_domain()
            elif isinstance(item, SecurityItem):
                records[UserId(item.owner)] = item.to_domain()
        there = profiles.keys() & records.keys()
        return {one: (profiles[one], records[one]) for one in owners if one in there}
