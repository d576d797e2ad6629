"""What tests of every kind share: no emulator but our own, and one deployed desk."""

import os
from collections.abc import Iterator
from functools import cache
from typing import ClassVar

import botocore.session
import pytest
from _pytest.runner import runtestprotocol
from botocore.hooks import EventAliaser
from botocore.loaders import create_loader
from hypothesis import settings

from infra.cdk.local.cloud import Cloud
from nightdesk.adapters.dynamo.keys import ORDERS
from nightdesk.bootstrap.trading import paper_assumptions
from nightdesk.core.ids import ClientOrderId
from nightdesk.trading.assumptions import draw
from tests.deployed import Desk, deployed, empty_desk

CLOUD = pytest.StashKey[Cloud]()

# Speed is what `make bench` measures. CI draws the same examples of a change each time; the weekly
# search, and everyone's own runs, draw others.
settings.register_profile("desk", deadline=None, print_blob=True, max_examples=50)
settings.register_profile("ci", settings.get_profile("desk"), derandomize=True)
settings.register_profile("search", settings.get_profile("desk"), max_examples=2_000)
settings.load_profile("desk")


class OneAliaser(EventAliaser):
    """Works out the name of an event once, for all sessions."""

    _names: ClassVar[dict[str, str]] = {}

    def __init__(self, *parts: object) -> None:
        super().__init__(*parts)  # type: ignore[arg-type]
        self._alias_name_cache = self._names


# Each session of botocore would read the models of its services anew, and work out the names of its
# events: for longer than a test takes.
botocore.session.create_loader = cache(create_loader)
botocore.session.EventAliaser = OneAliaser  # type: ignore[misc, assignment]

# with it set, moto would let calls through to whatever stands there
for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
    os.environ.pop(name, None)


def pytest_collection_finish() -> None:
    """Take away what the test modules have read: a function refuses variables it does not know."""
    os.environ.pop("NIGHTDESK_DATA", None)


@pytest.hookimpl(tryfirst=True)  # xdist looks for groups in this hook, too
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all tests on the deployed desk in one worker, so that it is deployed once."""
    for item in items:
        if "cloud" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("deployed"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Try a test of the deployed desk once more where the simulated exchange drew a bad lot.

    It refuses one order in 200 and loses one answer in 1,000, drawn by the order's id, and ids are
    new in each run. The tables stand as the test left them: the next one empties them.
    """
    if "cloud" not in getattr(item, "fixturenames", ()):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, log=False, nextitem=nextitem)
    if any(one.failed for one in reports) and had_bad_luck(item.config):
        item._initrequest()  # type: ignore[attr-defined]
        forget_failed_fixtures(item)
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def forget_failed_fixtures(item: pytest.Item) -> None:
    """Let what failed be set up anew: a module's fixture keeps its failure for all of its tests."""
    for found in item._fixtureinfo.name2fixturedefs.values():  # type: ignore[attr-defined]
        for fixture in found:
            if fixture.cached_result is not None and fixture.cached_result[2] is not None:
                fixture.finish(item._request)  # type: ignore[attr-defined]


def had_bad_luck(config: pytest.Config) -> bool:
    """Whether the desk holds an order that a draw refused, or whose answer a draw lost."""
    cloud = config.stash.get(CLOUD, None)
    if cloud is None:
        return False
    assumed = paper_assumptions()
    scan = cloud.tables.get_paginator("scan")
    pages = scan.paginate(TableName=cloud.deployment.desk_table, ProjectionExpression="sk")
    keys = (item["sk"]["S"] for page in pages for item in page["Items"])
    orders = (ClientOrderId(key.removeprefix(ORDERS)) for key in keys if key.startswith(ORDERS))
    return any(
        draw(assumed.seed, order, "rejection") < assumed.rejection_rate
        or draw(assumed.seed, order, "lost") < assumed.lost_rate
        for order in orders
    )


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Cloud]:
    """Deploy the desk when the first test asks for it."""
    with deployed(tmp_path_factory.mktemp("desk")) as found:
        Desk(found).know_rules()
        pytestconfig.stash[CLOUD] = found
        yield found
        del pytestconfig.stash[CLOUD]


@pytest.fixture
def desk(cloud: Cloud) -> Iterator[Desk]:
    """Return the deployed desk, emptied."""
    with empty_desk(cloud) as found:
        yield found


@pytest.fixture(scope="module")
def shared_desk(cloud: Cloud) -> Iterator[Desk]:
    """Return the deployed desk, emptied, for all tests of a module: not beside `desk`."""
    with empty_desk(cloud) as found:
        yield found
