import json
from pathlib import Path

import pytest

from bench.__main__ import NAMES
from bench.figures import Section, Table, Target
from bench.machine import Machine
from bench.pages import HEAD, PERFORMANCE, SECTIONS, Pages


def a_section(name: str, value: float) -> Section:
    return Section(
        name=name,
        title=name.title(),
        how="Ten runs.",
        tables=(Table(heads=("what", "ms"), rows=(("it", f"{value:g}"),)),),
        targets=(Target(name="it", value=value, limit=5, unit="ms"),),
    )


def a_machine(load: float) -> Machine:
    return Machine(
        cores=2, memory_gib=24, python="3.13.0", processor="x86_64", load=load, pace_ms=29.7
    )


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    kept = tmp_path / "sections.json"
    kept.write_text("{}\n")
    return Pages(order=("cycle", "cost"), kept=kept, page=tmp_path / "performance.md")


def test_a_section_stays_until_it_is_measured_anew(pages: Pages) -> None:
    pages.take(a_section("cost", 1), a_machine(0.1))
    pages.take(a_section("cycle", 2), a_machine(0.2))
    pages.take(a_section("cost", 6), a_machine(9))
    told = pages.page.read_text()
    assert [line for line in told.splitlines() if line.startswith("## ")] == ["## Cycle", "## Cost"]
    assert "load 0.2 at the start, a million additions in 30 ms.\n" in told
    assert "load 9.0 at the start, a million additions in 30 ms. The machine was busy" in told
    assert "| it | 6 ms | 5 ms | NO |" in told
    assert "load 0.1" not in told


def test_the_page_is_made_of_the_sections_that_are_kept() -> None:
    kept = json.loads(SECTIONS.read_text(encoding="utf-8"))
    assert list(kept) == [name for name in NAMES if name in kept]
    assert PERFORMANCE.read_text(encoding="utf-8") == "\n\n".join([HEAD, *kept.values()]) + "\n"
