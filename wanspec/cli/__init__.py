"""The command line: it alone prints and exits.

Importing this package imports click and the standard library; everything else waits in the bodies of the commands.
"""

from wanspec.cli.main import main

__all__ = ["main"]
