"""From what an administrator has exported to a scenario: formats are read, objects recognised, a configuration written.

Readers (one file for each format) turn files into `Exported` objects, certificates, records and gateway settings
(`nouns`), each with the file and line it comes from; what assembles them knows no format. Nothing here asks the network,
but `live_dns`, and that only when it is told to.
"""
