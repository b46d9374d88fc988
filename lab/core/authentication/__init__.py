"""Sender authentication: SPF, DMARC and DKIM as far as they decide something, and results as values.

What needs DNS is a generator that yields its questions (`lab.model.dns.Asking`).
"""
