"""What the journal needs from outside: one file per theme, imported by its own name."""
