"""wanspec: shot lists in YAML become images and videos, reproducibly, and nothing is paid for twice."""

__version__ = "0.1.0"
