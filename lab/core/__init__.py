"""The decisions: facts in, a verdict with its reason and its losers out; pure."""
