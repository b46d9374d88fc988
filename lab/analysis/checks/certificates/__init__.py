"""Certificates and TLS of the connections between both sides."""
