"""Makes `python -m tests.charger` the command."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main())
