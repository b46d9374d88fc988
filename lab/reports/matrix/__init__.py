"""Everybody writes to everybody: cells, judged; as a grid, as HTML, as files; and endings that change with time."""
