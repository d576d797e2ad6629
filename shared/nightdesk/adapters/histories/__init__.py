"""What an account did, as its venue tells whoever has a key of it."""
