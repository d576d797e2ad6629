"""Worked cases and what the product says to them: `make reference [FILE=…]`."""
