"""Systems: a network, and which codec reads which of its outputs."""
