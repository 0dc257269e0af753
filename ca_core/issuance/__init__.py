"""Here it is: submit, issue, accept, renew, reissue (RFC 3647 4.2-4.7)."""
