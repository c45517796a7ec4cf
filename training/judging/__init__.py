"""Results of any model held against annotations."""
