"""What happened to a message, and why, in words; and the conclusions that all reports share."""
