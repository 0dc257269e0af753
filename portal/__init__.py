"""The citizens' and relying parties' door: the public endpoints of the CA, its public pages, the demo phone."""
