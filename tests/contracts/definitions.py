"""What every Definitions keeps to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.ids import StrategyId, UserId
from nightdesk.strategies.ports import Definitions
from tests.builders.strategies import NOON, OWNER, a_definition, a_strategy

OTHER = UserId("U2")
S1, S2 = StrategyId("s1"), StrategyId("s2")


class DefinitionsContract:
    """Subclasses give the fixture `definitions`: an empty Definitions."""

    def test_what_was_put_is_read_to_the_hash(self, definitions: Definitions) -> None:
        strategy = a_strategy()
        definitions.put(strategy)
        found = definitions.get(OWNER, S1, 1)
        assert found == strategy
        assert found.definition.hash == strategy.definition.hash

    def test_versions_come_oldest_first_past_ten(self, definitions: Definitions) -> None:
        for version in range(1, 13):
            definitions.put(a_strategy(version=version))
        assert [one.version for one in definitions.versions(OWNER, S1)] == list(range(1, 13))
        assert [one.version for one in definitions.list(OWNER)] == [12]

    def test_a_version_is_written_once(self, definitions: Definitions) -> None:
        definitions.put(a_strategy())
        with pytest.raises(StaleWrite):
            definitions.put(a_strategy(definition=a_definition(name="Another")))
        assert definitions.get(OWNER, S1, 1).definition.name == "Crossing averages"

    def test_the_list_has_the_newest_of_each_by_id(self, definitions: Definitions) -> None:
        for strategy in (a_strategy(id=S2), a_strategy(), a_strategy(version=2)):
            definitions.put(strategy)
        assert [one.ref for one in definitions.list(OWNER)] == ["s1@2", "s2@1"]

    def test_an_id_that_begins_another_is_another(self, definitions: Definitions) -> None:
        definitions.put(a_strategy())
        definitions.put(a_strategy(id=StrategyId("s11")))
        assert [one.id for one in definitions.versions(OWNER, S1)] == [S1]

    def test_archiving_hides_all_versions_from_the_list_and_keeps_the_first_moment(
        self, definitions: Definitions
    ) -> None:
        definitions.put(a_strategy())
        definitions.put(a_strategy(version=2))
        definitions.archive(OWNER, S1, NOON)
        definitions.archive(OWNER, S1, NOON + timedelta(hours=1))
        assert definitions.list(OWNER) == []
        assert [one.archived_at for one in definitions.versions(OWNER, S1)] == [NOON, NOON]
        assert definitions.get(OWNER, S1, 1) == replace(a_strategy(), archived_at=NOON)

    def test_another_owner_has_none_of_it(self, definitions: Definitions) -> None:
        definitions.put(a_strategy())
        with pytest.raises(Missing):
            definitions.get(OTHER, S1, 1)
        assert definitions.versions(OTHER, S1) == []
        assert definitions.list(OTHER) == []

    def test_what_is_not_there_is_missing(self, definitions: Definitions) -> None:
        with pytest.raises(Missing):
            definitions.get(OWNER, S1, 1)
        assert definitions.versions(OWNER, S1) == []
