"""The scenario language: YAML to model, with every mistake reported at once."""
