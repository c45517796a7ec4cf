"""Codecs: what a network's outputs mean. Targets, loss, mirror and decoding share the same numbers and live together."""
