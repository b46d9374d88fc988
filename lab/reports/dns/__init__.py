"""The lab's DNS for real name servers."""
