"""A SIP user agent of exactly the size that one phone needs (RFC 3261 over UDP)."""
