"""Who may do what, by trying it."""
