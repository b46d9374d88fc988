"""Sections of a scenario to values of the model, with what the wizard and the lab derive from them."""
