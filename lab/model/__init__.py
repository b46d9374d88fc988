"""Nouns: frozen values that the whole lab speaks in. No I/O, no clock, no chance. Imports only `lab.errors`."""
