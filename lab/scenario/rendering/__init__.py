"""A variant written out in full."""
