"""Demo mode's fictitious people: their lives, certificates, keys and the staff who look after them."""
