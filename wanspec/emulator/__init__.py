"""Vendors over HTTP on loopback: free, with real media out, and with bad weather on request.

It shares no code with the client that it is there to test: what a vendor says and expects is written here a second
time, from the vendor's documents.
"""

from __future__ import annotations

from wanspec.emulator.emulator import Emulator

__all__ = ["Emulator"]
