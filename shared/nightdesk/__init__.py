"""Nightdesk: a trading desk that runs in its owner's AWS account, or on one laptop."""

__version__ = "0.1.0"
