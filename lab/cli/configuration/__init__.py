"""Defaults of options: which keys there are, who sets them, and what holds."""
