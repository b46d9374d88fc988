"""Real mail servers in the place of the fake filter: their configuration, rendered from a scenario as plain text.

Nothing here starts anything or touches a disk. The fake filter knows what a filter does; this package says the same in
the words of Postfix.
"""
