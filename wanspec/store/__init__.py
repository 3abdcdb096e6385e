"""What is kept between runs: artifacts, records, the lock, results and runs."""

from wanspec.store.lock import read_lock
from wanspec.store.store import Store, open_store

__all__ = ["Store", "open_store", "read_lock"]
