"""What the modulestore raises."""


class ItemNotFoundError(Exception):
    """No such block, or no such course, in this branch."""


class InvalidBranchSetting(Exception):
    """The process looks at one branch and would write to another."""

    def __init__(self, expected_setting, actual_setting):
        super().__init__(f"Invalid branch: expected {expected_setting} but got {actual_setting}")
