"""Start weights: a network that has seen many rendered people before it sees the first photograph."""
