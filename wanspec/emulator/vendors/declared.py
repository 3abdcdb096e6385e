"""The vendors that are emulated, by name."""

from __future__ import annotations

from collections.abc import Mapping

from wanspec.emulator.vendor import Vendor
from wanspec.emulator.vendors import aihubmax, empiriolabs, evolink, reapi, runware

VENDORS: Mapping[str, Vendor] = {
    vendor.name: vendor
    for vendor in (runware.VENDOR, aihubmax.VENDOR, empiriolabs.VENDOR, reapi.VENDOR, evolink.VENDOR)
}
