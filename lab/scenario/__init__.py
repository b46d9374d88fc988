"""The scenario language: YAML to model, with every mistake reported at once.

Rooms, lowest first: `syntax` (YAML to a tree that knows where everything stands, and how values are read), `language` (the
keys, declared once for loader, schema and reference), `cmdlets` (what an administrator types), `builders` (sections to
model), `validation` (what would not work), `rendering` (a variant written out). `setting_paths` finds and sets single settings;
`variant_builder` builds one variant, `load` a file with all of them, and `changeable_scenario` one with other settings.
`model` is what comes of it.
"""
