"""Checks of a configuration: what is wrong with it, shown by a message that goes wrong.

A check suspects (`find`), and names a flow; the engine plays it. What the flow does not show is no finding, however
suspicious the configuration looks: a false alarm is the worst fault of such a tool. Likewise every cure is played.
"""
