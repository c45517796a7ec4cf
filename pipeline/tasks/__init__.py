"""One module a stage: what its units are, and the function that makes one. Rooms are imported when a unit is made."""
