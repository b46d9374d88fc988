"""Results for a reader: console, JSON, JUnit, diagrams."""
