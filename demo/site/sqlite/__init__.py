"""SQLite for several processes at once; see `base`."""
