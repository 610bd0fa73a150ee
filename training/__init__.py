"""Recipes that train the networks faceline ships; none of this is installed with the product."""
