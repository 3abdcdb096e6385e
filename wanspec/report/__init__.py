"""Words and shapes: what people and machines read.  Sees only the domain; prints nothing itself."""
