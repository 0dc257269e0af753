"""One file a claim made in the README; each prints a ratio to a peer or limit of the same run."""
