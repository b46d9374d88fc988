"""The keys of the language, declared once for loader, schema and reference."""
