"""The Tutor plugin `zoom-xblock`: everything is in `plugin`, which Tutor loads when the plugin is enabled."""
