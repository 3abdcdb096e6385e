"""Pictures, clips and sound: probing them, drawing previews, and the operations that need no vendor.

All of it is plain synchronous functions over files, so that a worker process can run any of them.
"""
