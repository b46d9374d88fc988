"""The nouns of the lab, frozen; imports only `lab.errors`."""
