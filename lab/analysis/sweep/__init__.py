"""A provider's tenants, all at once: which of them share something, and whose mail takes whose tenant.

The way of the data: `source` (lines) -> `reading` (customers) -> `marks` (what each shows and expects) -> `grouping`
(who shares what) -> `planning` (shards) -> `deciding` (the core is asked) -> `store` (SQLite) -> `exports`. `conduct`
leads it along, and a `crew` does the work: processes of this machine, or a Dask cluster.

What is wrong with a decision is said here, what the decision is never: that is `lab.core.attribution`.
"""
