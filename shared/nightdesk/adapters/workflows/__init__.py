"""Step Functions and queues: work that outlives a request."""
