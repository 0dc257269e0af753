"""Migrations: forward only, each safe while the previous version runs."""
