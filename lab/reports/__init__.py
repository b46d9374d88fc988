"""What people and programs read after a run. Pure: what a run left behind goes in, text comes out.

`run` says what a report needs to know of a run, `reading` draws the conclusions that all reports share. `console`
prints on a terminal (`story`, `explain`, `summary` and `tables` are its parts), `asjson` and `junit` write for programs,
`html` (with `page` and `diagram`) makes one file for people. `graph` draws a configuration that has not run.
"""
