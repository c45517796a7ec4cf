"""The Luigi wiring and the work of each stage, one file a stage."""
