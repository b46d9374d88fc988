"""From what readers have found to a scenario file: everything after `lab.importers.nouns.Exports`.

`sides` tells whose each object is, `kinship` which of them belong together where accepted domains do not tell it, and `absent`
what was not exported. `connectors`, `rules`, `directory`, `store`, `machines` and `names` write one section each,
in the words of the language (`worded`); `parties` and `sites` put tenants, organisations and machines together, `samples`
keeps a handful of people. `standins` and `possibilities` add what no export tells; `answering` lays over it what the user
tells. `mending` takes out what the loader would refuse, `translating` changes names and addresses to the lab's, and `writing`
makes the text. `assemble` is the way through all of them. Pure: no files, no clock.
"""
