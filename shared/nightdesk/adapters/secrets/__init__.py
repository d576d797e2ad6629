"""What must not be known: hashes, signing keys, the pepper, the operator token."""
