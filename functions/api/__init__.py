"""The HTTP API: routers per room, one guard, one table from fault to status code."""
