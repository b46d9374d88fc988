"""What is known afterwards: the lab-wide journal, and each system's own log as its administrator sees it.

Everything here is a pure function over hops (`lab.model.trace`). `trace_assembly` joins hops into the way of a message,
`expectations` compares it with a scenario's claims.
`tracking_log_files`, `message_trace` and `gateway_log` are the three administrators' logs; a view for one audience
never shows another's rows.
"""
