"""Who are you? Proof of identity and of the owner's will (RFC 3647 3.2, 3.4)."""
