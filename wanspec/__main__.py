"""`python -m wanspec`."""

import sys

from wanspec.cli import main

sys.exit(main())
