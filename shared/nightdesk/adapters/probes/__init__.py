"""What a key is worth, asked of its provider by the provider's own wire protocol."""
