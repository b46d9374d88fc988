"""How much of a piece of evidence is looked at: whoever sends a bounce decides what is in it."""

MAX_OCTETS = 32 * 1024 * 1024
"""Of a file; a larger one is cut there, and the reader is told."""
MAX_FIELDS = 2000
"""Header fields of one message."""
MAX_VALUE = 8192
"""Characters of a field's value."""
MAX_DEPTH = 6
"""Messages and multiparts inside each other."""
MAX_PARTS = 100
"""Parts of the whole message."""
MAX_RECIPIENTS = 200
"""Recipients of a report (R155: as many as a transaction has)."""
MAX_HOPS = 60
"""`Received` lines; the service gives up long before (R162)."""
MAX_ROWS = 100_000
"""Lines of a log, rows of a trace."""
