"""The generated cases of this room."""

from hypothesis import settings

from tests.attendance import oracle

# Examples are timed by a busy machine, and say nothing about the code.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")


def pytest_terminal_summary(terminalreporter):
    """How much was generated and judged."""
    if oracle.JUDGED[0]:
        terminalreporter.write_line(f"generated cases judged by the oracle of attendance: {oracle.JUDGED[0]}")
