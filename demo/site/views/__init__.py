"""Pages of the course site."""
