"""The programs a message meets, composed from `lab.core`: replies and effects, never a socket."""
