"""The command `mflab`, one file per verb."""
