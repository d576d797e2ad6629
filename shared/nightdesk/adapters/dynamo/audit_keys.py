"""The key that an owner's words in the audit log are sealed under, wrapped by KMS."""

from pynamodb.attributes import BinaryAttribute

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.accounts import found_at
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import put_if_absent
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.ids import UserId


class AuditKeyItem(DeskItem, discriminator="AUDITKEY"):
    """One wrapped data key. Without it the words are gone; the chains hold."""

    privacy = destroyed()

    wrapped = BinaryAttribute(legacy_encoding=False)


class DynamoAuditKeys:
    """Wrapped keys in the desk table, one for each owner."""

    def get(self, owner: UserId) -> bytes | None:
        """Return the wrapped key, or None."""
        found = found_at(AuditKeyItem, keys.owner(owner), keys.AUDIT_KEY)
        return found.wrapped if found else None

    @translated()
    def keep(self, owner: UserId, wrapped: bytes) -> bytes:
        """Store a first key; return the one that stands: another writer may have been faster."""
        item = AuditKeyItem(keys.owner(owner), keys.AUDIT_KEY, wrapped=wrapped)
        stands = put_if_absent(item)
        return AuditKeyItem.from_raw_data(dict(stands)).wrapped if stands else wrapped

    @translated()
    def destroy(self, owner: UserId) -> None:
        """Erase what was sealed for an owner. There or not."""
        AuditKeyItem(keys.owner(owner), keys.AUDIT_KEY).delete()
