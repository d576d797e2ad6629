"""Stacks: what is deployed together. Grants stand in `app_stack`, one line each."""
