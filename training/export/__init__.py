"""The augmented set as other trainers read it: what is written by `rarepose export augmented`."""
