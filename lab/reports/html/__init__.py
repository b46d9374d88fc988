"""The frame of HTML reports, and their foldable parts."""
