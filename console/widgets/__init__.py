"""What screens share: formats, states, tables, refusals."""
