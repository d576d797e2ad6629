"""Where tests find an emulator that counts units and isolates writes as DynamoDB does."""

import os

import pytest

ENDPOINT = os.environ.get("NIGHTDESK_TEST_ENDPOINT")

EMULATOR = pytest.param(
    "emulator",
    marks=pytest.mark.skipif(ENDPOINT is None, reason="NIGHTDESK_TEST_ENDPOINT is not set"),
)
