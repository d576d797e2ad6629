import pytest

from nightdesk.adapters.dynamo.strategies import DynamoDefinitions
from nightdesk.strategies.ports import Definitions
from tests.builders.strategies import MemoryDefinitions
from tests.contracts.definitions import DefinitionsContract


class TestMemoryDefinitions(DefinitionsContract):
    @pytest.fixture
    def definitions(self) -> Definitions:
        return MemoryDefinitions()


class TestDynamoDefinitions(DefinitionsContract):
    @pytest.fixture
    def definitions(self, desk_table: None) -> Definitions:
        return DynamoDefinitions()
