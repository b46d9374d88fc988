"""The verbs of `mflab`; two sides of one thing share a file."""
