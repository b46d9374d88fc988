"""Sender authentication: SPF, DKIM, DMARC, ARC and Microsoft's composite of them, and results as values.

What needs DNS is a generator that yields its questions (`lab.model.dns.DnsQueries`); what needs keys asks a
`signature_suite`.
"""
