"""Pages of the desk, one file a kind."""
