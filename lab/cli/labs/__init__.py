"""Labs that run, on loopback or in containers: finding them, asking them, playing with them."""
