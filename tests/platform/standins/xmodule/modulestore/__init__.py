"""Names for the branches of a course."""


class ModuleStoreEnum:
    """Constants."""

    class Branch:
        """What a service looks at."""

        draft_preferred = "draft-preferred"
        published_only = "published-only"

    class BranchName:
        """How the branches are called in keys."""

        draft = "draft-branch"
        published = "published-branch"
