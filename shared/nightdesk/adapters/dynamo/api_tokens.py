"""API tokens in the desk table, beside the security record that each request reads with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.privacy import destroyed
from nightdesk.accounts.records import ApiToken, TokenStanding
from nightdesk.accounts.tokens import TokenId, TokenScope, token_owner
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.accounts import SecurityItem, note_presence
from nightdesk.adapters.dynamo.attributes import JsonAttribute, MomentAttribute
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.errors import Conflict, Missing, StaleWrite
from nightdesk.core.ids import UserId

KEPT_AFTER_END = timedelta(days=30)
"""How long an expired token is still listed."""


class ApiTokenItem(DeskItem, discriminator="API_TOKEN"):
    """One key for programs."""

    privacy = destroyed("api_tokens", secret=("digest",))

    token_id = UnicodeAttribute()
    name = UnicodeAttribute()
    digest = UnicodeAttribute()
    scopes = JsonAttribute()
    created_at = MomentAttribute()
    valid_until = MomentAttribute()
    paper_only = BooleanAttribute()
    cidrs = JsonAttribute()
    last_used_at = MomentAttribute(null=True)
    last_network = UnicodeAttribute(default="")

    @classmethod
    def from_domain(cls, token: ApiToken) -> Self:
        """Build the row."""
        return cls(
            keys.owner(token.owner),
            keys.api_token(token.token_id),
            token_id=token.token_id,
            name=token.name,
            digest=token.digest,
            scopes=sorted(token.scopes),
            created_at=token.created_at,
            valid_until=token.expires_at,
            paper_only=token.paper_only,
            cidrs=list(token.cidrs),
            last_used_at=token.last_used_at,
            last_network=token.last_network,
            expires_at=token.expires_at + KEPT_AFTER_END,
        )

    @classmethod
    def at(cls, token_id: TokenId) -> Self:
        """Return the bare row, to be updated or removed."""
        return cls(keys.owner(token_owner(token_id)), keys.api_token(token_id))

    def to_domain(self) -> ApiToken:
        """Build the noun, checked again."""
        return ApiToken(
            token_id=TokenId(self.token_id),
            name=self.name,
            digest=self.digest,
            scopes=frozenset(TokenScope(scope) for scope in self.scopes),
            created_at=self.created_at,
            expires_at=self.valid_until,
            paper_only=self.paper_only,
            cidrs=tuple(self.cidrs),
            last_used_at=self.last_used_at,
            last_network=self.last_network,
        )


@dataclass(frozen=True, slots=True)
class DynamoApiTokens:
    """The port ApiTokens."""

    audit: DynamoAudit

    def standing(self, token_id: TokenId) -> TokenStanding:
        """Read security record and token in one consistent batch: 2 read units."""
        pk = keys.owner(token_owner(token_id))
        wanted = [(pk, keys.SECURITY), (pk, keys.api_token(token_id))]
        security, token = None, None
        with translated():
            for item in DeskItem.batch_get(wanted, consistent_read=True):
                if isinstance(item, SecurityItem):
                    security = item.to_domain()
                elif isinstance(item, ApiTokenItem):
                    token = item.to_domain()
        return TokenStanding(security, token)

    def of(self, owner: UserId) -> Sequence[ApiToken]:
        """Return the owner's tokens, oldest first: their ids sort as they were made."""
        with translated():
            found = ApiTokenItem.query(
                keys.owner(owner),
                ApiTokenItem.sk.startswith(keys.TOKENS),
                consistent_read=True,
            )
            return [item.to_domain() for item in found]

    def create(
        self, token: ApiToken, *, limit: int, now: datetime, entries: Sequence[Entry] = ()
    ) -> None:
        """Store it, unless `limit` others are valid. Its entry parts it from another request."""

        def build() -> Write:
            valid = sum(each.expires_at > now for each in self.of(token.owner))
            if valid >= limit:
                raise Conflict("TOKEN_LIMIT", f"There are {limit} valid API tokens.")
            write, new = Write(), DeskItem.pk.does_not_exist()
            write.put(ApiTokenItem.from_domain(token), new, StaleWrite("this token exists"))
            return write

        with translated():
            self.audit.commit(build, entries)

    def remove(self, token_id: TokenId, *, entries: Sequence[Entry] = ()) -> None:
        """Remove a token. Raises Missing."""

        def build() -> Write:
            write, there = Write(), DeskItem.pk.exists()
            write.delete(ApiTokenItem.at(token_id), there, Missing("no such token"))
            return write

        with translated():
            self.audit.commit(build, entries)

    def used(self, token_id: TokenId, now: datetime, network: str) -> None:
        """Note its last use. Raises Missing."""
        try:
            with translated():
                ApiTokenItem.at(token_id).update(
                    [
                        ApiTokenItem.last_used_at.set(now),
                        ApiTokenItem.last_network.set(network),
                    ],
                    condition=DeskItem.pk.exists(),
                )
                note_presence(token_owner(token_id), now)
        except StaleWrite as error:
            raise Missing("no such token") from error
