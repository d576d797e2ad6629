"""Formulas on arrays: returns, drawdowns, trade figures, intervals, tests of difference."""
