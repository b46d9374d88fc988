"""The bodies that run a scenario and own the clock, the dice and the sockets."""
