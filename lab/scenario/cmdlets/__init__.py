"""PowerShell lines of a scenario: what an administrator types, as changes of the configuration."""
