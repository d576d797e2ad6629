"""Each stage is synthesised once for all tests that look at its templates."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from infra.cdk.assets.layout import LAYERS, Assets, Platform
from tests.infrastructure.templates import Synthesised, synthesise

os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "20,22"


@pytest.hookimpl(tryfirst=True)  # xdist looks for groups in this hook, too
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what shares a synth, or a build, in one worker."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        for shared in ("stage_of", "built"):
            if shared in fixtures:
                item.add_marker(pytest.mark.xdist_group(shared))


@pytest.fixture(scope="session")
def stage_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Synthesised]:
    """Return a stage's templates by its name. Folders to deploy are stand-ins."""
    root = tmp_path_factory.mktemp("assets")
    for platform in Platform:
        stand_in(Assets(platform=platform, root=root))

    @cache
    def synthesised(stage: str) -> Synthesised:
        return synthesise(stage, root, tmp_path_factory.mktemp(stage))

    return synthesised


def stand_in(assets: Assets) -> None:
    """Make folders with the shape of a build and nothing in them."""
    folders: list[Path] = [assets.code, *(assets.layer(layer.name) for layer in LAYERS)]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "content").write_text(folder.name)
