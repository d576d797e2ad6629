"""Folders that are deployed: code, and dependency layers. Made before synth, without Docker."""
