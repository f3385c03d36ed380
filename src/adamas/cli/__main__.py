"""`python -m adamas.cli` is `adamas`."""

import sys

from adamas.cli import main

sys.exit(main())
