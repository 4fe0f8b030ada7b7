"""Plain Django views: what Zoom posts, the consent, the connection page, and the two redirects into a session."""
