"""What stops a command, said so that a person can act on it."""


class CannotRunError(Exception):
    """The environment or the command line is at fault, not what was asked about. Exit code 2."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}; {remedy}" if remedy else problem)
        self.problem = problem
        self.remedy = remedy
