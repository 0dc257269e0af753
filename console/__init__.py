"""The staff console: Streamlit behind a gate of our own."""
