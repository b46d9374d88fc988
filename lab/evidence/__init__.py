"""What each system logged, and the lab-wide journal that joins it."""
