"""What `make` runs before anything of ours is installed: standard library only, no other room."""
