"""What all reports are made of: text that is safe to print, tables, HTML, JUnit and SARIF, PowerShell."""
