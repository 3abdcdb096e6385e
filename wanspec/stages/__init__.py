"""The stages: plain functions from one frozen value to the next.  None prints; none raises for a user's mistake."""
