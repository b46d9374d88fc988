"""Bodies: they own clock, chance and sockets, and do what nodes say. One scenario, one trace, whichever body runs it."""
