"""The generated cases of this room."""

from hypothesis import settings

# Examples are timed by a busy machine, and say nothing about the code.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")
