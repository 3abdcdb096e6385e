"""Vendors over HTTP: requests go out once, results come home, and the journal knows of both.

`vendors.py` puts it together for a run.  Nothing here names a vendor: each is a declaration in the catalogue.
"""
