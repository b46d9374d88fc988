"""The third body: each machine of a scenario in a container of its own, with the scenario's real addresses.

`plan` says which networks and machines there are, and is pure; `compose` writes a plan as a compose file.
"""
