"""Recipients and domains that the two sides of a company know differently."""
