"""Lab authorities and certificates of every right and wrong kind, made at start."""
