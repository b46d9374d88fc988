"""A provider's tenants, all at once: which of them share something, and whose mail takes whose tenant.

The way of the data: `tenant_source` (lines) -> `line_reader` (customers) -> `trait_groups` (what each has that may be
shared, and who shares what) -> `shard_plan` (shards) -> `shard_decision` (the core is asked) -> `result_store`
(SQLite, CSV, Parquet). `run` leads it along, and `executors` do the work: processes of this machine, or a Dask cluster.

What is wrong with a decision is said here, what the decision is never: that is `lab.core.attribution`.
"""
