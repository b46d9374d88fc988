"""Configurations and ways of messages as drawings: `dot`, `mermaid` and SVG."""
