"""faceline's own face detector: a small anchor-free network, its training, export and figures."""
