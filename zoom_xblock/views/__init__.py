"""Plain Django views: what Zoom posts, the consent, the settings page, and the two redirects into a session."""
