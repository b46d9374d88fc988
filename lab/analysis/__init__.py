"""Questions about a whole configuration, answered by playing it through: who reaches whom, and what changes.

Built on drivers and reports; nothing here knows a terminal or a file.
"""
