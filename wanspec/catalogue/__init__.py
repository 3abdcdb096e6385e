"""The catalogue: every model a file, read as data.

`schemas/README.md` says what such a file holds.  No vendor is named in this package.
"""
