"""A cure, what somebody has to do for it (as cmdlets where there are any), and its proof."""
