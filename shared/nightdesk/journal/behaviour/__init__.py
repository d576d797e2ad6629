"""Detectors of habits, one per file: what was seen in the trades, and what it compares with."""
