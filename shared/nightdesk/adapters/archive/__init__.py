"""Files in S3."""
