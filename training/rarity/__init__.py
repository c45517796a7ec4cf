"""Which poses are rare, and why."""
