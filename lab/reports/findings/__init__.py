"""What `mflab check`, `mflab hunt` and `mflab diagnose` have found."""
