"""The command `mflab`: `verbs`, and what they share."""
