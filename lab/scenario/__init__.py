"""The scenario language: YAML to model, with every mistake reported at once."""

from lab.scenario.load import load, load_text

__all__ = ["load", "load_text"]
