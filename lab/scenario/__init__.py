"""The scenario language: YAML to model, with every mistake reported at once.

`tree` and `text` know where everything is written; `kinds`, `records` and `words` say how values are read; `exchange`,
`parties` and `language` declare the keys, once for loader, schema and reference. `overlay` makes variants; `build` turns
one into a topology with the help of `hybrid`, `machines`, `companies`, `recipients`, `service` and `zones`; `cmdlets`,
`addresses`, `domains`, `references` and `sending` refuse what would not work. `render` writes a variant out in full.
"""
