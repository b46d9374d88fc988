"""What two configurations do differently."""
