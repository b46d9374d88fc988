"""Searching for mail that goes to a wrong tenant: without any change, or with one or two.

`probe_messages` says what is sent, `setting_changes` what may change; `search` plays one with the other, the fewest
changes first.
"""
