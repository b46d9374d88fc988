"""The command `mflab`: `verbs`, one file per verb, and what they share."""
