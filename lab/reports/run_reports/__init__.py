"""Runs as a whole: summary, HTML, JSON, JUnit and SARIF, Prometheus."""
