"""YAML as a tree that remembers where everything is written, the kinds of values in it, and the mistakes found."""
