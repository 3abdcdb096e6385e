"""What each vendor says and expects, written from its documents; one module a vendor."""
