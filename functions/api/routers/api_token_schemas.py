"""Bodies and answers of the routes of API tokens."""

from typing import Annotated, Self

from pydantic import AwareDatetime, Field

from functions.api.schemas import Answer, Lax, Moment, Request
from nightdesk.accounts.api_token import MAX_CIDRS, MAX_NAME, WantedToken
from nightdesk.accounts.records import ApiToken
from nightdesk.accounts.tokens import ApiTokenText, TokenScope

Cidr = Annotated[str, Field(min_length=2, max_length=43)]


class ApiTokenIn(Request):
    """What a new token may do. Left out, it expires after 90 days, with `admin` after 30.

    Each scope includes those before it: `read`, `trade`, `admin`. Without `cidrs` it may come
    from everywhere.
    """

    name: str = Field(min_length=1, max_length=MAX_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")
    scopes: list[Lax[TokenScope]] = Field(min_length=1, max_length=len(TokenScope))
    expires_at: Lax[AwareDatetime] | None = None
    paper_only: bool = True
    cidrs: list[Cidr] = Field(default=[], max_length=MAX_CIDRS)

    def to_domain(self) -> WantedToken:
        """Return what is wanted."""
        return WantedToken(
            name=self.name,
            scopes=frozenset(self.scopes),
            expires_at=self.expires_at,
            paper_only=self.paper_only,
            cidrs=tuple(self.cidrs),
        )


class ApiTokenOut(Answer):
    """An API token without its secret."""

    id: str
    name: str
    scopes: list[TokenScope]
    paper_only: bool
    cidrs: list[str]
    created_at: Moment
    expires_at: Moment
    last_used_at: Moment | None
    last_network: str

    @classmethod
    def from_domain(cls, token: ApiToken) -> Self:
        """Show the record."""
        return cls(**_fields(token))


class NewApiTokenOut(ApiTokenOut):
    """An API token, this once with the token itself."""

    token: str

    @classmethod
    def shown(cls, token: ApiToken, text: ApiTokenText) -> Self:
        """Show record and token."""
        return cls(**_fields(token), token=str(text))


def _fields(token: ApiToken) -> dict[str, object]:
    return {
        "id": token.token_id,
        "name": token.name,
        "scopes": sorted(token.scopes, key=list(TokenScope).index),
        "paper_only": token.paper_only,
        "cidrs": list(token.cidrs),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "last_network": token.last_network,
    }
