"""Step Functions: work that outlives a request."""
