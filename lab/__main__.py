"""`python -m lab` is `mflab`."""

import sys

from lab.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
