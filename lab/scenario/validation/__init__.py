"""What a scenario may not say although each value is right: addresses, domains and names that do not fit together."""
