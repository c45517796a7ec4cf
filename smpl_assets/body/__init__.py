"""Body models behind one protocol."""
