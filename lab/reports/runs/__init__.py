"""Runs as a whole, a file for each form: summary, HTML, JSON, JUnit, SARIF, Prometheus."""
