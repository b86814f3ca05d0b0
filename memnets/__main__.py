"""`python -m memnets`: the same as the `memnets` command."""

import sys

from .cli.main import main

if __name__ == "__main__":
    sys.exit(main())
