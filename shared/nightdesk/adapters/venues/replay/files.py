"""A folder of recorded candles: `<venue>_<BASE>-<QUOTE>_<timeframe>[_anything].csv.gz`."""

import csv
import gzip
import math
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import numpy as np

from nightdesk.core.errors import Misconfigured
from nightdesk.core.ids import InstrumentId, instrument_id
from nightdesk.market.candles import Candles
from nightdesk.market.series import arrange, from_rows, joined
from nightdesk.market.timeframe import Timeframe

HEADER = ["timestamp", "open", "high", "low", "close", "volume"]
NAME = re.compile(
    r"^(?P<venue>[a-z]{3,12})_(?P<base>[A-Z0-9]{1,15})-(?P<quote>[A-Z0-9]{1,15})"
    r"_(?P<timeframe>1m|5m|15m|1h|4h|1d|1w)(_.*)?\.csv\.gz$"
)

Recordings = Mapping[InstrumentId, Mapping[Timeframe, tuple[Path, ...]]]


def recordings(folder: Path) -> Recordings:
    """Return the files of each instrument and timeframe; files of another name are left alone.

    Raises Misconfigured for a folder that is not there or has no such file.
    """
    if not folder.is_dir():
        raise Misconfigured(f"the replay folder {folder} is not there")
    found: dict[InstrumentId, dict[Timeframe, tuple[Path, ...]]] = {}
    for path in sorted(folder.iterdir()):
        named = NAME.fullmatch(path.name)
        if named is None:
            continue
        of = instrument_id(f"{named['base']}/{named['quote']}@{named['venue']}")
        by_timeframe = found.setdefault(of, {})
        timeframe = Timeframe(named["timeframe"])
        by_timeframe[timeframe] = (*by_timeframe.get(timeframe, ()), path)
    if not found:
        raise Misconfigured(
            f"the replay folder {folder} has no candles: no file is named like"
            " bitstamp_BTC-USD_1d.csv.gz"
        )
    return found


def read(of: InstrumentId, timeframe: Timeframe, paths: tuple[Path, ...]) -> Candles:
    """Return the candles of these files, oldest first.

    Raises Misconfigured, naming file and line, for what is no row of finite numbers, and for open
    times that do not rise on the timeframe's grid. Whether the prices make sense is asked at the
    door, as for any venue.
    """
    return joined(*(_one(of, timeframe, path) for path in paths))


def _one(of: InstrumentId, timeframe: Timeframe, path: Path) -> Candles:
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = _numbers(path, timeframe, file)
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise Misconfigured(f"{path.name} cannot be read: {error}") from error
    if not rows:
        return arrange(of, timeframe, np.empty(0, dtype=np.int64), np.empty((0, 5))).candles
    table = np.array(rows)  # (n, 6); milliseconds stay exact below 2**53
    return from_rows(of, timeframe, table[:, 0].astype(np.int64), table[:, 1:])


def _numbers(path: Path, timeframe: Timeframe, file: TextIO) -> list[list[float]]:
    lines = csv.reader(file)
    if next(lines, None) != HEADER:
        raise Misconfigured(f"{path.name} line 1: the header is not {','.join(HEADER)}")
    rows: list[list[float]] = []
    before = -math.inf
    for line in lines:
        try:
            row = [float(text) for text in line]
        except ValueError:
            row = []
        if len(row) != len(HEADER) or not all(map(math.isfinite, row)):
            raise Misconfigured(f"{path.name} line {lines.line_num}: not six numbers: {line}")
        if row[0] <= before or timeframe.floor_ms(int(row[0])) != row[0]:
            raise Misconfigured(
                f"{path.name} line {lines.line_num}: {line[0]} is not an open time of {timeframe}"
                " after the one before"
            )
        before = row[0]
        rows.append(row)
    return rows
