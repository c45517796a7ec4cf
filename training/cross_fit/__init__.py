"""Errors of networks on training people that they never saw, and whom samples are made for with them."""
