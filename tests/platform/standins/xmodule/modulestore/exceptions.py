"""What the modulestore raises."""


class ItemNotFoundError(Exception):
    """No such block, or no such course, in this branch."""
