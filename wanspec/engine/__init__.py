"""Doing actions: in which order, how many at once, in which process, and what is kept of them."""
