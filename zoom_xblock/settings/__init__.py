"""Plugin settings, applied by the platform to the settings module that it is building."""
