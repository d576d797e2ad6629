"""Providers on this machine: servers that speak each one's wire protocol, and check as it would."""
