"""The sections of the page: what each shows, built from a run's artifacts."""
