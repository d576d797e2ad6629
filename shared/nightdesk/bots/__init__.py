"""Bots, from draft to retirement: whether one trades, and with what money."""
