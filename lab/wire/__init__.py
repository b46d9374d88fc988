"""The only part that speaks on a network: SMTP, TLS, DNS and the durable queue."""
