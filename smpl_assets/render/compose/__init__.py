"""From rendered people to finished pictures."""
