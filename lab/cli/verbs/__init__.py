"""The verbs of `mflab`, one file per verb."""
