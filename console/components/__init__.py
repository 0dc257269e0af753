"""Small components that live in the page itself."""
