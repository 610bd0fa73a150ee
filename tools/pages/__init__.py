"""Rebuilds the pages of `docs/` that say what the code says: settings, limits, errors, weights, commands."""
