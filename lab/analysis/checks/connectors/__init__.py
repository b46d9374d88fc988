"""Whom a connection is taken for, and whom it lets in: inbound connectors, certificates shared, doors left open."""
