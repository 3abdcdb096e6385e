"""The vocabulary: frozen values that mean the same in every stage, message and test.

Nothing here reads a file, asks a clock or knows a vendor.
"""
