from collections.abc import Sequence
from datetime import timedelta

import pytest

from nightdesk.core.errors import Conflict, Missing, Refused, StaleWrite
from nightdesk.core.ids import BotId, StrategyId, UserId
from nightdesk.strategies.definition import Definition
from nightdesk.strategies.problems import Caution, Problem
from nightdesk.strategies.versions import (
    ArchiveStrategy,
    CreateStrategy,
    EditStrategy,
    InvalidDefinition,
    ListStrategies,
    ReadStrategy,
    ValidateStrategy,
)
from tests.builders.strategies import (
    NOON,
    OWNER,
    FixedPins,
    MemoryDefinitions,
    a_document,
    a_strategy,
)

LATER = NOON + timedelta(hours=1)
OTHER = UserId("U2")
S1 = StrategyId("s1")


def test_a_new_strategy_is_version_1_under_a_derived_id() -> None:
    definitions = MemoryDefinitions()
    create = CreateStrategy(definitions)
    stored = create(OWNER, a_document(weekly_gate=False), as_of=NOON)
    assert stored.strategy.version == 1
    assert [w.code for w in stored.warnings] == [Caution.WEEKLY_GATE_OFF]
    assert definitions.get(OWNER, stored.strategy.id, 1) == stored.strategy
    again = create(OWNER, a_document(weekly_gate=False), as_of=NOON)
    assert again.strategy == stored.strategy


def test_an_invalid_definition_is_refused_with_all_errors() -> None:
    definitions = MemoryDefinitions()
    with pytest.raises(InvalidDefinition) as refused:
        CreateStrategy(definitions)(OWNER, a_document(stop=None, entry=None), as_of=NOON)
    assert [detail["rule"] for detail in refused.value.details] == ["NO_ENTRY", "NO_STOP"]
    assert refused.value.code == "INVALID_DEFINITION"
    assert definitions.kept == {}


def test_a_name_is_taken_once_per_owner() -> None:
    create = CreateStrategy(MemoryDefinitions(a_strategy()))
    with pytest.raises(Conflict) as refused:
        create(OWNER, a_document(stop={"pct": "0.03"}), as_of=NOON)
    assert refused.value.code == "NAME_TAKEN"
    assert create(OTHER, a_document(), as_of=NOON).strategy.owner == OTHER


def test_an_edit_is_the_next_version_and_the_old_one_stays() -> None:
    definitions = MemoryDefinitions(a_strategy())
    edit = EditStrategy(definitions)
    stored = edit(OWNER, S1, a_document(stop={"pct": "0.03"}), base_version=1, as_of=LATER)
    assert (stored.strategy.version, stored.strategy.created_at) == (2, LATER)
    assert definitions.get(OWNER, S1, 1) == a_strategy()
    read = ReadStrategy(definitions)
    assert read(OWNER, S1) == stored.strategy
    assert read(OWNER, S1, 1) == a_strategy()


def test_an_edit_that_changes_nothing_is_no_version() -> None:
    definitions = MemoryDefinitions(a_strategy())
    stored = EditStrategy(definitions)(OWNER, S1, a_document(), base_version=1, as_of=LATER)
    assert stored.strategy == a_strategy()
    assert len(definitions.kept) == 1


def test_an_edit_of_an_older_version_is_refused() -> None:
    edit = EditStrategy(MemoryDefinitions(a_strategy(), a_strategy(version=2)))
    with pytest.raises(Conflict) as refused:
        edit(OWNER, S1, a_document(stop={"pct": "0.03"}), base_version=1, as_of=LATER)
    assert refused.value.code == "STALE_VERSION"


def test_of_two_edits_that_race_one_loses() -> None:
    class Racing(MemoryDefinitions):
        def versions(self, owner: UserId, strategy_id: StrategyId) -> Sequence[object]:  # type: ignore[override]
            return [a_strategy()]  # as it was before the other edit

    edit = EditStrategy(Racing(a_strategy(), a_strategy(version=2)))  # type: ignore[arg-type]
    with pytest.raises(StaleWrite):
        edit(OWNER, S1, a_document(stop={"pct": "0.03"}), base_version=1, as_of=LATER)


def test_an_edit_may_not_take_another_s_name() -> None:
    other = a_strategy(id=StrategyId("s2"))
    renamed = a_strategy(definition=Definition.model_validate(a_document(name="Mine")))
    edit = EditStrategy(MemoryDefinitions(renamed, other))
    with pytest.raises(Conflict) as refused:
        edit(OWNER, S1, a_document(), base_version=1, as_of=LATER)
    assert refused.value.code == "NAME_TAKEN"


def test_archiving_hides_a_strategy_and_keeps_its_versions() -> None:
    definitions = MemoryDefinitions(a_strategy())
    archive = ArchiveStrategy(definitions, FixedPins())
    archive(OWNER, S1, as_of=NOON)
    archive(OWNER, S1, as_of=LATER)
    assert definitions.get(OWNER, S1, 1).archived_at == NOON
    assert all(s.built_in for s in ListStrategies(definitions)(OWNER, limit=9, after=None).items)
    with pytest.raises(Missing):
        ReadStrategy(definitions)(OWNER, S1)
    with pytest.raises(Missing):
        EditStrategy(definitions)(OWNER, S1, a_document(), base_version=1, as_of=LATER)


def test_a_strategy_that_bots_hold_is_not_archived() -> None:
    archive = ArchiveStrategy(MemoryDefinitions(a_strategy()), FixedPins(BotId("b1")))
    with pytest.raises(Conflict) as refused:
        archive(OWNER, S1, as_of=NOON)
    assert (refused.value.code, refused.value.details) == ("IN_USE", [{"bot_id": "b1"}])


def test_a_built_in_is_read_by_all_and_changed_by_none() -> None:
    definitions = MemoryDefinitions()
    name = StrategyId("donchian")
    assert ReadStrategy(definitions)(OWNER, name).ref == "donchian@1"
    with pytest.raises(Missing):
        ReadStrategy(definitions)(OWNER, name, 2)
    for change in (
        lambda: EditStrategy(definitions)(OWNER, name, a_document(), base_version=1, as_of=NOON),
        lambda: ArchiveStrategy(definitions, FixedPins())(OWNER, name, as_of=NOON),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert (refused.value.code, refused.value.status) == ("BUILT_IN", 403)


def test_another_trader_s_strategy_does_not_exist() -> None:
    definitions = MemoryDefinitions(a_strategy())
    with pytest.raises(Missing):
        ReadStrategy(definitions)(OTHER, S1)
    with pytest.raises(Missing):
        ReadStrategy(definitions)(OTHER, S1, 1)
    with pytest.raises(Missing):
        EditStrategy(definitions)(OTHER, S1, a_document(), base_version=1, as_of=NOON)
    with pytest.raises(Missing):
        ArchiveStrategy(definitions, FixedPins())(OTHER, S1, as_of=NOON)
    assert all(s.built_in for s in ListStrategies(definitions)(OTHER, limit=9, after=None).items)


def test_a_rehearsal_adds_its_warnings() -> None:
    warning = Problem("/entry", Caution.ENTRY_NEVER_TRUE, "never")
    check = ValidateStrategy(rehearse=lambda definition: [warning])
    assert check(a_document()).warnings == (warning,)
    assert check(a_document(stop=None)).warnings == ()
