"""It is over: reasons, revoke, hold, status (RFC 3647 4.9)."""
