"""Benchmarks: run by hand (`make bench`), never timed by a test."""
