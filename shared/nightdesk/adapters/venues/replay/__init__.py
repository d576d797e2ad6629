"""A venue that says what was recorded, and nothing later than it is asked for."""
