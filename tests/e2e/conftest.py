"""What the tests over HTTP share."""

import pytest

from tests.deployed import Desk
from tests.e2e.story import Story, told


@pytest.fixture(scope="module")
def story(shared_desk: Desk) -> Story:
    """Return a desk on which one trader has one of everything, and another nothing."""
    return told(shared_desk)
