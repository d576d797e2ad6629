"""Constructs: one capability each, with keyword-only properties."""
