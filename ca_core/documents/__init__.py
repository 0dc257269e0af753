"""What is printed on an identity document and what of it proves itself (ICAO Doc 9303): no pictures, no people."""
