"""Certificates of every right and wrong kind, made from profiles when a lab starts; never committed, never reused elsewhere.

`certificate_folder.make` fills a folder for the wire, `authority` issues, `certificate_files.identity` reads a user's
own certificate. trustme is not used here: its authorities have no common name, its leaves always carry clientAuth, and
it takes the machine's clock for now; the lab needs control over all three.
"""
