"""Spreads and tables."""

from bench.figures import Section, Spread, Table, Target


def test_a_spread_is_the_median_and_the_tenth_and_ninetieth_percentile() -> None:
    spread = Spread.of([float(n) for n in range(101)])
    assert (spread.low, spread.middle, spread.high, spread.late) == (10, 50, 90, 95)
    assert spread.show(0) == "50 (10 to 90)"
    assert Spread.of([2.0]).show(1, 1_000) == "2000.0 (2000.0 to 2000.0)"


def test_a_table_lines_up_its_columns() -> None:
    table = Table(heads=("what", "ms"), rows=(("long name", "1.0"), ("b", "10.25")))
    assert table.text().splitlines() == [
        "what          ms",
        "---------  -----",
        "long name    1.0",
        "b          10.25",
    ]
    assert table.markdown().splitlines()[:3] == [
        "| what | ms |",
        "| --- | ---: |",
        "| long name | 1.0 |",
    ]


def test_a_section_says_which_targets_are_missed() -> None:
    section = Section(
        name="x",
        title="X",
        how="Measured.",
        tables=(),
        targets=(
            Target(name="fast", value=1.5, limit=2, unit="ms"),
            Target(name="slow", value=2.5, limit=2),
        ),
    )
    assert "| fast | 1.5 ms | 2 ms | yes |" in section.markdown()
    assert "| slow | 2.5 | 2 | NO |" in section.markdown()
