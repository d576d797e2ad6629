"""A file of another venue becomes fills, movements and issues, row by row."""
