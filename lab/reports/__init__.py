"""What people and programs read after a run. Pure: what a run left behind goes in, text comes out.

`scenario_runs` says what a report needs to know of a run. The rooms are by subject: `explanation` draws the conclusions that
all reports share and tells one message's way, `matrix` who reaches whom, `run_reports` whole runs, `findings` what was found,
`comparison` what a change does, `cures` what to do, `drawing` ways and configurations. `text` is what they are written with,
and `name_server_files` is the lab's DNS for a real name server.
"""

SCHEMA_VERSION = 1
"""Of what programs are told (`asjson`); grows when a key changes its meaning or goes away. New keys may come at any time."""
