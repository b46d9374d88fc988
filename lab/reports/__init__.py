"""What people and programs read after a run. Pure: what a run left behind goes in, text comes out.

`run` says what a report needs to know of a run, and `reading` draws the conclusions that all reports share; `verdict`,
`words` and `changes` put them into sentences. `console` prints on a terminal (`story`, `explain`, `summary`, `tables` and
`variants` are its parts), `asjson` and `junit` write for programs, `html` makes one page for people (`page` is its frame,
`journal` its foldable parts). `diagram` draws ways (`arrows`, placed by `canvas`), `graph` a configuration that has not run.
"""

SCHEMA_VERSION = 1
"""Of what programs are told (`asjson`); grows when a key changes its meaning or goes away. New keys may come at any time."""
