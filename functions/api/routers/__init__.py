"""One module per room; each has `router`, behind the guard, and may have `public`."""
