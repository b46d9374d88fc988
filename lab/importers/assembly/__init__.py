"""From what readers have found to a scenario file: everything after `lab.importers.types.Exports`.

`object_owners` tells whose each object is and which sides belong together, and `missing_exports` what was not exported. `connectors`, `rules`, `directory`, `certificate_collection`,
`machine_drafts` and `dns_records` write one section each, in the words of the language (`language_conversion`);
`party_sections` and `company_machines` put tenants, organisations and machines together, `recipient_sampling` keeps a
handful of people. `stand_ins` and `certificate_alternatives` add what no export tells; `answers_file` lays over
it what the user tells. `name_translation` changes names and addresses to the lab's, and `scenario_text` takes out what the
loader would refuse and makes the text. `assemble` is the way through all of them. Pure: no files,
no clock.
"""
