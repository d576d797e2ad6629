"""Each kind of item says what privacy asks of it; secrets are declared by name."""

import re

from pynamodb.models import Model

from nightdesk.accounts.privacy import Fate, Handling
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.owned import TECHNICAL
from nightdesk.adapters.dynamo.register import kinds
from nightdesk.adapters.dynamo.tables import AuditItem, DeskItem, MarketItem, RuntimeItem
from tests.builders.household import Household
from tests.unit.privacy.conftest import Room

SECRET = re.compile(r"digest|hash|password|secret|sealed|wrapped|cipher|fingerprint|pepper|lookup")
HARMLESS = {
    ("SECURITY", "must_change_password"): "a yes or no",
    ("ENTRY", "sealed"): "shown as it was hashed: without its key it says nothing",
    ("ENTRY", "hash"): "proves the chain",
    ("ENTRY", "prev_hash"): "proves the chain",
}


def test_every_kind_is_registered() -> None:
    unregistered = {name for name, item in kinds(whole=True).items() if "privacy" not in vars(item)}
    assert unregistered == set(), "say beside the item what an export and a deletion do with it"


def test_what_belongs_to_the_market_belongs_to_nobody() -> None:
    for name, item in kinds(whole=True).items():
        if issubclass(item, MarketItem):
            assert item.privacy.fate is Fate.NOBODYS, name


def test_an_attribute_that_sounds_like_a_secret_is_declared_as_one() -> None:
    loose = {
        (name, attribute)
        for name, item in kinds(whole=True).items()
        if item.privacy.file is not None
        for attribute in item.get_attributes()
        if SECRET.search(attribute) and attribute not in item.privacy.secret | TECHNICAL
    }
    assert loose - set(HARMLESS) == set()


def test_what_is_erased_or_hidden_is_an_attribute_of_the_kind() -> None:
    for name, item in kinds(whole=True).items():
        for path in item.privacy.erased:
            assert path.partition(".")[0] in item.get_attributes(), (name, path)


def test_files_of_an_export_are_told_apart() -> None:
    shown = [item.privacy.file for item in kinds(whole=True).values() if item.privacy.file]
    assert len(shown) == len(set(shown))


def test_trades_decisions_ledger_and_audit_are_kept_whole() -> None:
    for name in ("ORDER", "FILL", "POSTING", "DECISION", "EQUITY", "ENTRY"):
        assert kinds()[name].privacy.fate is Fate.KEPT, name


def test_credentials_sessions_tokens_and_replies_are_destroyed() -> None:
    for name in ("CREDENTIAL", "SHELF", "SESSION", "API_TOKEN", "AUDITKEY", "REPLY", "NETWORK"):
        assert kinds()[name].privacy.fate is Fate.DESTROYED, name


def test_the_household_has_one_thing_of_every_kind_of_an_owner(room: Room, ada: Household) -> None:
    """So that export and deletion are tried on it: a new kind joins tests/builders/household.py."""
    stored = {
        item.serialize()["kind"]["S"]
        for table in (DeskItem, RuntimeItem, AuditItem)
        for item in table.scan()
    }
    wanted = {name for name, item in kinds(whole=True).items() if _theirs(item.privacy)}
    # throttles are found by digest alone; a deletion exists once it was asked for
    assert wanted - stored == {"TALLY", "MARK", "DELETION"}


def test_every_kind_is_written_as_pynamodb_would(room: Room, ada: Household) -> None:
    for table in (DeskItem, RuntimeItem, AuditItem):
        for item in table.scan():
            assert item.serialize() == Model.serialize(item)
            absent = type(item).pk.does_not_exist() | (type(item).sk == "X")
            asked = (absent, "ALL_OLD")
            theirs = Model.get_save_kwargs_from_instance(item, *asked)
            assert item.get_save_kwargs_from_instance(*asked) == theirs


def _theirs(handling: Handling) -> bool:
    return handling.fate is not Fate.NOBODYS


def test_bodies_are_shown_unpacked() -> None:
    assert {"body", "deflated"} <= TECHNICAL
    assert issubclass(kinds()["DECISION"], Body)
