"""Searching for mail that goes to a wrong tenant: as things are, or a change or two away.

`mail` says what is sent, `steps` what may change, `search` plays one with the other, the smallest first.
"""
